import {afterAll, afterEach, beforeAll, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Running, start} from '../support/dbtunnel.js'
import {freePort} from '../support/free-port.js'
import {expectNothingOf} from '../support/leftovers.js'
import {until} from '../support/until.js'

// The network between here and AWS is gone, and comes back.

let sandbox: Sandbox
let running: Running[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterEach(async () => {
  sandbox.agents.refuseUpgrades(0)
  for (const {child} of running) child.kill('SIGTERM')
  await Promise.all(running.map(({ended}) => ended))
  running = []
})
afterAll(() => sandbox.close())

it('psql and open say so after 5 s, and when the session is resumed', {timeout: 90_000}, async () => {
  const own = async (): Promise<Record<string, string>> => ({
    ...sandbox.env(),
    DBTUNNEL_ENGINE: 'native',
    DBTUNNEL_RESOLVE: 'hostaddr',
    DBTUNNEL_LOCAL_PORT: String(await freePort()),
  })
  const envs = [await own(), await own()]
  const psql = start(['psql', 'prod-db', '-At'], {env: envs[0] ?? {}, keepInput: true})
  const open = start(['open', 'prod-db'], {env: envs[1] ?? {}})
  running = [psql, open]
  psql.child.stdin?.write('select 41 + 1;\n')
  await until('a row', () => psql.stdout().includes('42'))
  await until('the block', () => open.stdout().includes('PGPORT'))

  sandbox.agents.refuseUpgrades(1000)
  sandbox.agents.cut()
  const cutAt = Date.now()
  for (const one of running) await until('the line', () => one.stderr().includes('No contact with AWS for'))
  expect(Date.now() - cutAt).toBeGreaterThan(4900)
  expect(Date.now() - cutAt).toBeLessThan(10_000)

  sandbox.agents.refuseUpgrades(0)
  for (const one of running) await until('the line', () => one.stderr().includes('The session is resumed.'))
  psql.child.stdin?.end('select 42 + 1;\n')
  expect(await psql.ended).toMatchObject({status: 0, stdout: '42\n43\n'})
  open.child.kill('SIGTERM')
  await open.ended
  for (const env of envs) await expectNothingOf(env)
})
