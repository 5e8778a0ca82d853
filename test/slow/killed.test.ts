import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {CARRIERS} from '../support/carriers.js'
import {run, start} from '../support/dbtunnel.js'
import {expectNothingOf, pidOf, processesWith, watchFor} from '../support/leftovers.js'
import {failingPlugin} from '../support/plugin.js'
import {childrenOf, commandOf} from '../support/processes.js'
import {until} from '../support/until.js'

type Env = Record<string, string>

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(async () => {
  await watchFor(sandbox, {}).expectNothingLeft()
  await sandbox.close()
})

let marks = 0
function environment(change: Env = {}): Env {
  return {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_REASON: `killed-${++marks}`, ...change}
}
const stateOf = (env: Env): string[] =>
  readdirSync(join(env['HOME'] ?? '', '.local/state/dbtunnel')).filter((name) => name.endsWith('.json'))
const sessionOf = (env: Env) =>
  sandbox.sessions.all().find(({reason}) => reason?.startsWith(`${env['DBTUNNEL_REASON']} `))

const COMMANDS = {
  psql: {
    words: ['psql', 'prod-db', '-c', 'select pg_sleep(60)'],
    isThere: (env: Env) => pidOf(env, 'psql') !== undefined,
  },
  open: {words: ['open', 'prod-db', '--quiet'], isThere: (_: Env, stdout: string) => /PGPASSFILE/.test(stdout)},
}

/** More than the watcher's patience with the plugin, and less than is promised. */
const GONE_MS = 5000
describe.concurrent.each(CARRIERS)('killed with -9, $name', (carrier) => {
  it.each(['psql', 'open'] as const)('%s leaves what the next start takes away, at AWS, too', async (name) => {
    const {words, isThere} = COMMANDS[name]
    const env = environment(carrier.env)
    const running = start(words, {env, detached: true})
    await until(name, () => isThere(env, running.stdout()))
    running.child.kill('SIGKILL')
    await running.ended
    await until('the end of all programs', () => processesWith(env).length === 0, GONE_MS)
    expect(stateOf(env)).toHaveLength(1)

    const next = await run(['psql', 'billing-db', '-Atc', 'select 1'], {env: {...env, DBTUNNEL_REASON: 'next'}})
    expect(next).toMatchObject({status: 0, stdout: '1\n'})
    expect(sessionOf(env)?.endedAt).toBeDefined()
    expect(stateOf(env)).toEqual([])
    await expectNothingOf(env)
  })
})

it('a plugin that does not listen goes, too, and at a normal end the one who watches it', async () => {
  const env = environment({DBTUNNEL_ENGINE: 'plugin'})
  env['DBTUNNEL_PLUGIN'] = failingPlugin('ignore-sigint', env['HOME'] ?? '')
  const [killed, stopped] = [0, 1].map(() => start(COMMANDS.open.words, {env, detached: true}))
  for (const one of [killed, stopped]) await until('open', () => COMMANDS.open.isThere(env, one?.stdout() ?? ''))
  const watchers = [killed, stopped].map((one) =>
    childrenOf(one?.child.pid ?? 0).filter((pid) => commandOf(pid).includes('plugin-watcher')),
  )
  expect(watchers).toEqual([[expect.any(Number)], [expect.any(Number)]])
  // It has nothing that others may not know.
  for (const [pid] of watchers) expect(commandOf(pid ?? 0)).toMatch(/^\S+ \S+plugin-watcher\.js $/)
  stopped?.child.kill('SIGTERM')
  await stopped?.ended
  expect(commandOf(watchers[1]?.[0] ?? 0)).toBe('')
  killed?.child.kill('SIGKILL')
  await until('the end of all programs', () => processesWith(env).length === 0, GONE_MS)
  await until('the end of the watcher', () => commandOf(watchers[0]?.[0] ?? 0) === '', GONE_MS)
  expect(await run(['psql', 'prod-db', '-c', 'select 1'], {env})).toMatchObject({status: 0})
})

it('a session that AWS grants to one that is dead already is found by the next start, and ended', async () => {
  const env = environment({DBTUNNEL_ENGINE: 'native', AWS_SDK_UA_APP_ID: 'killed-asking'})
  const from = 'app/killed-asking'
  sandbox.aws.disturbances.add({action: 'ssm:StartSession', from, times: 1, effect: {kind: 'delay', ms: 10_000}})
  const running = start(['open', 'prod-db'], {env, detached: true})
  await until('the session', () => sessionOf(env))
  running.child.kill('SIGKILL')
  await running.ended

  const left = await run(['status', '--json'], {env})
  const [, mark] = /(dbtunnel:[0-9a-f]{12})$/.exec(sessionOf(env)?.reason ?? '') ?? []
  expect(JSON.parse(left.stdout)).toMatchObject({leftovers: [{sessions: [], asked: [mark]}]})
  const again = async (change: Env): Promise<void> => {
    expect(await run(['psql', 'prod-db', '-Atc', 'select 1'], {env: {...env, ...change}})).toMatchObject({
      status: 0,
      stdout: '1\n',
      stderr: expect.not.stringContaining('DescribeSessions'),
    })
  }
  await again({...keysOf(sandbox.env('without-ssm:DescribeSessions'))})
  expect((await run(['status'], {env})).stdout).toContain('"Action":"ssm:DescribeSessions"')
  await again({DBTUNNEL_REASON: 'next'})
  expect(sessionOf(env)).toMatchObject({endedBy: 'api'})
  expect(stateOf(env)).toEqual([])
})

it('a session that AWS will not let the next start end does not hold that up, and is not forgotten', async () => {
  const env = environment({DBTUNNEL_ENGINE: 'native'})
  const running = start(['open', 'prod-db'], {env, detached: true})
  await until('open', () => /PGPASSFILE/.test(running.stdout()))
  running.child.kill('SIGKILL')
  await running.ended

  const again = async (change: Env): Promise<void> => {
    expect(await run(['psql', 'prod-db', '-Atc', 'select 1'], {env: {...env, ...change}})).toMatchObject({status: 0})
  }
  // Of another account, where nobody knows the session.
  await again(keysOf(sandbox.env('other-admin')))
  const hangs = sandbox.aws.disturbances.add({action: 'ssm:TerminateSession', effect: {kind: 'hang'}})
  await again({})
  hangs()
  expect(sessionOf(env)?.endedAt).toBeUndefined()
  expect(stateOf(env)).toContainEqual(expect.stringMatching(`^${running.child.pid}-`))
  await again({})
  expect(sessionOf(env)?.endedAt).toBeDefined()
  expect(stateOf(env)).toEqual([])
  await expectNothingOf(env)
})

function keysOf(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^AWS_.*(KEY|TOKEN)/.test(name)))
}
