import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {CARRIERS, type Carrier} from '../support/carriers.js'
import {PROGRAM, run, start} from '../support/dbtunnel.js'
import {expectNothingOf, pidOf, processesWith, watchFor} from '../support/leftovers.js'
import {openScreen} from '../support/terminal.js'
import {begin, sessionOf, STAGES, WAYS} from '../support/trials.js'
import {until} from '../support/until.js'

/** All undoing may take 2 s; the rest is for ending the program. */
const BOUND_MS = 3000
const PAUSE_MS = 20
const NAP_MS = 40_000
const HOUR_MS = 60 * 60_000

type Env = Record<string, string>

let sandbox: Sandbox
/** Its Session Manager grants sessions, but no data channel is ever answered. */
let dark: Sandbox
/** Where an hour passes. */
let later: Sandbox
/** Each carrier's run that is stopped for a while. They last while the other tests run. */
let naps: readonly Promise<void>[]

beforeAll(async () => {
  ;[sandbox, dark, later] = await Promise.all([startSandbox(), startSandbox(), startSandbox()])
  dark.agents.hold()
  naps = CARRIERS.map((carrier) => stopAndContinue(carrier))
  for (const nap of naps) nap.catch(() => {})
})
afterAll(async () => {
  await Promise.allSettled(naps)
  await watchFor(later, {}).expectNothingLeft()
  await Promise.all([sandbox.close(), dark.close(), later.close()])
})

/** Milliseconds until `end`, counted in pauses: a machine that is busy is as slow in these. */
async function pausesUntil(end: Promise<unknown>): Promise<number> {
  let over = false
  void end.finally(() => (over = true))
  let count = 0
  for (; !over; count++) await sleep(PAUSE_MS)
  return count * PAUSE_MS
}

let count = 0

/** Interrupts one run, and looks at what becomes of it. */
async function interrupt(name: string, way: string, status: number | readonly number[], change: Env): Promise<void> {
  const stage = STAGES[name]
  const act = WAYS[way]
  if (!stage || !act) throw new Error(`no ${name} or ${way}`)
  const where = name.startsWith('handshake') ? dark : sandbox
  const trial = begin(stage, where, `trial-${++count}-`, {onTerminal: /Ctrl|terminal/.test(way), change})
  try {
    const early = trial.ended.then((got) => Promise.reject(new Error(`ended early with ${got}: ${trial.text()}`)))
    await Promise.race([stage.reach(trial), early])
    const [took] = await Promise.all([pausesUntil(trial.ended), act(trial)])
    expect([status].flat()).toContain(await trial.ended)
    expect(took).toBeLessThan(BOUND_MS)
    await expectNothingOf(trial.env)
    expect(readFileSync('/etc/hosts', 'utf8')).not.toContain(` pid=${trial.pid} `)
    if (way.includes('cut')) return
    expect(sessionOf(trial) !== undefined).toBe(stage.granted ?? true)
    if (stage.granted ?? true) await until('the end of the session', () => sessionOf(trial)?.endedAt, 1000)
  } finally {
    for (const line of processesWith(trial.env)) process.kill(Number(line.split(' ')[0]), 'SIGKILL')
  }
}

describe.concurrent('interrupted', () => {
  it.each<[string, string, number | readonly number[]]>([
    ['before credentials', 'Ctrl-C', 130],
    ['describing the database', 'INT', 130],
    ['asking for the inventory', 'Ctrl-C', 130],
    ['StartSession under way', 'INT', 130],
    ['StartSession never answered', 'Ctrl-C', 130],
    ['handshake, native', 'INT', 130],
    ['handshake, plugin', 'Ctrl-C', 130],
    ['probe', 'INT', 130],
    ['token', 'Ctrl-C', 130],
    ['psql just started', 'INT', 130],
    // psql's own: it cancels the query.
    ['psql in a query', 'INT', 1],
    ['teardown', 'INT', 0],
    ['StartSession under way', 'TERM', 143],
    ['psql in a query', 'TERM', 143],
    ['psql at its prompt', 'TERM', 143],
    ['asking for the inventory', 'HUP', 129],
    ['psql in a query', 'HUP', 129],
    ['probe', 'QUIT', 131],
    ['psql in a query', 'QUIT', 131],
    ['psql at its prompt', 'Ctrl-\\', 131],
    ['StartSession under way', 'Ctrl-C twice', 130],
    ['handshake, native', 'Ctrl-C twice', 130],
    ['psql in a query', 'Ctrl-C twice', 1],
    ['teardown', 'TERM twice', 0],
    ['describing the database', 'network cut, Ctrl-C', 130],
    ['handshake, plugin', 'network cut, TERM', 143],
    ['probe', 'network cut, TERM', 143],
    ['psql in a query', 'network cut, TERM', 143],
  ])('%s: %s', (stage, way, status) => interrupt(stage, way, status, {DBTUNNEL_RESOLVE: 'hostaddr'}))
})

// One after another: programs started meanwhile would hold the terminal open, too.
describe('the terminal closed', () => {
  it.each<[string, string, number | readonly number[]]>([
    ['asking for the inventory', 'closed terminal', 129],
    ['psql in a query', 'closed terminal', 129],
    // psql sees the end of its input, perhaps first.
    ['psql at its prompt', 'network cut, closed terminal', [129, 0]],
  ])('%s: %s', (stage, way, status) => interrupt(stage, way, status, {DBTUNNEL_RESOLVE: 'hostaddr'}))
})

describe.skipIf(process.getuid?.() !== 0)('the hosts file', () => {
  let before: Buffer
  beforeEach(() => {
    before = readFileSync('/etc/hosts')
  })
  afterEach(() => expect(readFileSync('/etc/hosts').equals(before)).toBe(true))

  it.each<[string, string, number | readonly number[], number]>([
    ['psql in a query', 'TERM', 143, 1],
    ['psql at its prompt', 'closed terminal', [129, 0], 0],
  ])('is what it was: %s, %s', (stage, way, status, carrier) =>
    interrupt(stage, way, status, {DBTUNNEL_RESOLVE: 'hosts', ...CARRIERS[carrier]?.env}),
  )

  it('is what it was after a signal in the middle of writing it', async () => {
    const preload = new URL('../support/signal-at-write.mjs', import.meta.url).href
    const change = {NODE_OPTIONS: `--import=${preload}`, SIGNAL_AT_WRITE: 'SIGINT', DBTUNNEL_RESOLVE: 'hosts'}
    const env = {...sandbox.env(), ...change}
    const {status, stderr} = await run(['psql', 'prod-db', '-c', 'select 1'], {env, detached: true})
    expect({status, stderr}).toMatchObject({status: 130, stderr: expect.stringMatching(/Session: [^]*INTERRUPTED/)})
    await expectNothingOf(env)
  })

  it('is swept by the next start after a run that was killed', async () => {
    const killed = {...sandbox.env(), DBTUNNEL_RESOLVE: 'hosts', DBTUNNEL_ENGINE: 'native'}
    const running = start(['psql', 'prod-db', '-c', 'select pg_sleep(60)'], {env: killed, detached: true})
    await until('psql', () => pidOf(killed, 'psql'))
    running.child.kill('SIGKILL')
    await running.ended
    expect(readFileSync('/etc/hosts', 'utf8')).toContain(
      `prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com # dbtunnel pid=${running.child.pid} `,
    )
    const next = await run(['psql', 'billing-db', '-Atc', 'select 1'], {
      env: {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr'},
    })
    expect(next).toMatchObject({status: 0, stdout: '1\n'})
  })
})

/** Ctrl-Z, `fg` much later; again, with an hour in between, after which a new login needs a new token. */
async function stopAndContinue({env: carried}: Carrier): Promise<void> {
  // An IAM user's keys, for they last.
  const env: Env = {...later.env('bob'), ...carried, DBTUNNEL_RESOLVE: 'hostaddr', PSQLRC: '/dev/null', PS1: 'shell> '}
  const shift = join(env['HOME'] ?? '', 'shift')
  const preload = new URL('../support/shifted-clock.mjs', import.meta.url).href
  const clock = {NODE_OPTIONS: `--import=${preload}`, SHIFTED_CLOCK: shift}
  const shell = openScreen(['--norc', '--noprofile', '-i'], {
    file: '/bin/bash',
    env: {...env, ...clock},
  })
  let at = await shell.waitFor(/shell> $/)
  const enter = async (line: string, answer: RegExp): Promise<void> => {
    shell.type(`${line}\r`)
    at = await shell.waitFor(answer, at)
  }
  const stop = async (): Promise<void> => {
    shell.type('\u001A')
    at = await shell.waitFor(/Stopped.*shell> /s, at)
  }

  await enter(`${process.execPath} ${PROGRAM} psql prod-db -v PROMPT1='psql> '`, /psql> $/)
  await enter('create temp table kept as select 42;', /SELECT 1\s+psql> $/)
  const passfile = readdirSync(env['TMPDIR'] ?? '')
    .map((folder) => join(env['TMPDIR'] ?? '', folder, 'passfile'))
    .find((file) => existsSync(file))
  const token = (): string => readFileSync(passfile ?? 'none', 'utf8')
  const first = token()

  await stop()
  await sleep(NAP_MS)
  await enter('fg', /psql prod-db [^\n]*\n/)
  await enter('table kept;', /42.*psql> $/s)
  // Long before anyone looks at its age.
  await until('a second token', () => token() !== first, 10_000)
  const second = token()

  await stop()
  if (later.clock.now() - Date.now() < HOUR_MS / 2) later.clock.advance(HOUR_MS)
  writeFileSync(shift, String(HOUR_MS))
  await enter('fg', /psql prod-db [^\n]*\n/)
  await until('a third token', () => token() !== second, 10_000)
  await enter('\\c', /You are now connected.*psql> $/s)
  await enter('\\q', /shell> $/)
  shell.type('exit $?\r')
  expect(await shell.ended).toMatchObject({status: 0})
  await expectNothingOf(env)
}

describe('stopped and continued', () => {
  it.each(CARRIERS.map(({name}, index) => [name, index] as const))(
    '%s: psql goes on after Ctrl-Z and fg 40 s later, and \\c logs in an hour later',
    (_, index) => naps[index],
  )
})
