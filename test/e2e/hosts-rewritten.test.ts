import {readFileSync, writeFileSync} from 'node:fs'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {run, start} from '../support/dbtunnel.js'
import {freePort} from '../support/free-port.js'
import {expectNothingOf} from '../support/leftovers.js'
import {until} from '../support/until.js'

// Case 5: something else writes /etc/hosts anew while dbtunnel runs. How it is put back: test/integration/keep-mapped.test.ts.

const HOSTS = '/etc/hosts'
const BACK_MS = 5000

let sandbox: Sandbox
/** Whatever happens to the test, nothing that it has started goes on. */
let stop: () => Promise<void> = async () => {}

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(async () => {
  await stop()
  await sandbox.close()
})

it.runIf(process.getuid?.() === 0)(
  'open, open --detach, psql and exec have their line back within 5 s, and close succeeds',
  {timeout: 90_000},
  async () => {
    const envs = Array.from({length: 4}, () => sandbox.env())
    const port = async (env: Record<string, string> = {}) => ({...env, DBTUNNEL_LOCAL_PORT: String(await freePort())})
    const [openEnv, detachEnv, psqlEnv, execEnv] = await Promise.all(envs.map(port))
    const open = start(['open', 'tenant-01'], {env: openEnv ?? {}})
    const psql = start(['psql', 'tenant-03'], {env: psqlEnv ?? {}, keepInput: true})
    const exec = start(['exec', 'tenant-04', '--', 'sleep', '60'], {env: execEnv ?? {}})
    const detached = await run(['open', 'tenant-02', '--detach'], {env: detachEnv ?? {}})
    stop = async () => {
      for (const {child} of [open, psql, exec]) child.kill('SIGKILL')
      await run(['close', '--all'], {env: detachEnv ?? {}})
    }
    expect(detached).toMatchObject({status: 0})
    const TARGETS = ['tenant-01', 'tenant-02', 'tenant-03', 'tenant-04']
    const isOurs = (line: string): boolean => TARGETS.some((target) => line.includes(` ${target}.`))
    const ours = (): string[] => readFileSync(HOSTS, 'latin1').split('\n').filter(isOurs)
    await until('all lines', () => ours().length === 4)
    const before = ours().toSorted()

    const others = (text: string): string =>
      text
        .split('\n')
        .filter((line) => !isOurs(line))
        .join('\n')
    writeFileSync(HOSTS, others(readFileSync(HOSTS, 'latin1')), 'latin1')
    const goneAt = Date.now()
    await until('the lines back', () => ours().length === 4)
    expect(Date.now() - goneAt).toBeLessThan(BACK_MS)
    expect(ours().toSorted()).toEqual(before)
    for (const running of [open, psql, exec]) {
      await until('the line about it', () => running.stderr().includes('out of the hosts file'))
    }

    expect(await run(['close', '--all'], {env: detachEnv ?? {}})).toMatchObject({status: 0})
    open.child.kill('SIGINT')
    exec.child.kill('SIGTERM')
    psql.child.stdin?.end('\\q\n')
    await Promise.all([open.ended, exec.ended, psql.ended])
    expect(ours()).toEqual([])
    for (const env of envs) await expectNothingOf(env)
  },
)
