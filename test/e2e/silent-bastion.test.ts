import {afterAll, beforeAll, expect, it} from 'vitest'
import {MACHINE} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {CARRIERS} from '../support/carriers.js'
import {type Ended, start} from '../support/dbtunnel.js'
import {expectNothingOf} from '../support/leftovers.js'

// A session is granted, and the SSM agent on the first bastion never says a word, by the limits that users have. Every step
// and both carriers are in test/contract/silent-steps.test.ts, by shorter ones.

const LIMIT_MS = 15_000

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox()
  sandbox.agents.fallSilent(MACHINE.bastionA, 'handshake')
})

afterAll(() => sandbox.close())

async function timed(words: string[], env: Record<string, string>): Promise<Ended & {readonly ms: number}> {
  const startedAt = Date.now()
  const running = start(words, {env})
  // `open` is up with its first line.
  running.child.stdout?.once('data', () => words[0] === 'open' && running.child.kill('SIGINT'))
  let firstMs = Infinity
  running.child.stdout?.once('data', () => (firstMs = Date.now() - startedAt))
  const ended = await running.ended
  await expectNothingOf(env)
  return {...ended, ms: Math.min(firstMs, Date.now() - startedAt)}
}

it('psql and open go on by the second bastion within 15 s, or name step and bastion', {timeout: 90_000}, async () => {
  const [native, plugin] = CARRIERS.map(({env}) => ({...env, DBTUNNEL_RESOLVE: 'hostaddr'}))
  const query = ['-Atc', 'select 42']
  const [row, block, ...failures] = await Promise.all([
    timed(['psql', 'prod-db', ...query], {...sandbox.env(), ...native}),
    timed(['open', 'prod-db', '--local-port', '15931'], {...sandbox.env(), ...plugin}),
    timed(['psql', 'prod-db', '--bastion', MACHINE.bastionA, ...query], {...sandbox.env(), ...native}),
    timed(['open', 'prod-db', '--bastion', MACHINE.bastionA, '--local-port', '15932'], {...sandbox.env(), ...plugin}),
  ])
  expect(row).toMatchObject({status: 0, stdout: '42\n'})
  expect(block).toMatchObject({status: 130, stdout: expect.stringContaining('PGPORT=15931')})
  for (const {stderr} of [row, block]) expect(stderr).toMatch(new RegExp(`${MACHINE.bastionA}.* Continuing with`, 's'))
  for (const {status, stderr} of failures) {
    expect(stderr).toMatch(/\[TIMEOUT\]/)
    expect(stderr).toMatch(new RegExp(`handshake.*${MACHINE.bastionA}|${MACHINE.bastionA}.*handshake`, 's'))
    expect(status).toBe(75)
  }
  for (const {ms} of [row, block, ...failures]) expect(ms).toBeLessThan(LIMIT_MS)
  expect(sandbox.sessions.open()).toEqual([])
})
