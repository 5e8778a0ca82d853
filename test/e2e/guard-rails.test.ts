import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {run, type Running, start} from '../support/dbtunnel.js'
import {watchFor} from '../support/leftovers.js'
import {pasted} from '../support/pasted.js'
import {openScreen, type Screen} from '../support/terminal.js'
import {asleep} from '../support/trials.js'
import {until} from '../support/until.js'

type Env = Record<string, string>

const INSERT = `insert into notes values ('x')`
const REFUSED = /ERROR: {2}cannot execute INSERT in a read-only transaction/
const ACTIVITY = 'select application_name from pg_stat_activity where pid = pg_backend_pid()'

let sandbox: Sandbox
const running: Running[] = []
const screens: Screen[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
  await sandbox.database.query('create table notes (text text)', 'shop')
  await sandbox.database.query('grant insert on notes to public', 'shop')
})
afterAll(async () => {
  for (const {child} of running) child.kill('SIGKILL')
  for (const {pty} of screens) pty.kill('SIGKILL')
  await watchFor(sandbox, {}).expectNothingLeft()
  await sandbox.close()
})

const environment = (change: Env = {}): Env => ({
  ...sandbox.env(),
  DBTUNNEL_RESOLVE: 'hostaddr',
  DBTUNNEL_ENGINE: 'native',
  ...change,
})

const psql = (words: readonly string[], env = environment()) =>
  run(['psql', 'prod-db', '--quiet', '-At', ...words], {env})

const auditOf = (env: Env): Record<string, unknown>[] =>
  readFileSync(join(env['HOME'] ?? '', '.local/state/dbtunnel/audit.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** Somebody whose own config file says this of prod-db and billing-db. */
function guarded(rails: string): Env {
  const env = environment({AWS_SDK_UA_APP_ID: `guarded-${guards++}`})
  const folder = join(env['HOME'] ?? '', '.config/dbtunnel')
  mkdirSync(folder, {recursive: true})
  writeFileSync(join(folder, 'config.yaml'), `targets:\n  prod-db: {${rails}}\n  billing-db: {${rails}}\n`)
  return env
}
let guards = 0

const askedAws = (env: Env) =>
  sandbox.aws.log.filter(({userAgent}) => userAgent.includes(`app/${env['AWS_SDK_UA_APP_ID']}`))

describe.concurrent('a production target', () => {
  it('has an INSERT refused by the database; --write lifts that', async () => {
    const env = guarded('production: true')
    expect(await psql(['-c', INSERT], env)).toMatchObject({status: 1, stderr: expect.stringMatching(REFUSED)})
    expect(await psql(['--write', '-c', INSERT], env)).toMatchObject({status: 0, stdout: 'INSERT 0 1\n'})
  })

  it.each([
    ['psql', ['prod-db', '-c', 'select 1'], `prod-db -c 'select 1'`],
    ['exec', ['prod-db', '--', 'echo', 'a b'], `prod-db -- echo 'a b'`],
  ])(
    'that wants a reason of %s: 64 and the line to type where nobody can be asked, before AWS is',
    async (command, words, again) => {
      const env = guarded('requireReason: true')
      const {ended} = start([command, ...words], {env, detached: true})
      const {status, stdout, stderr} = await ended
      expect({status, stdout}).toEqual({status: 64, stdout: ''})
      const [message, ...hint] = stderr.split('\n')
      expect(message).toMatch(/^dbtunnel: .* prod-db\. \[REASON_MISSING\]$/)
      expect(hint).toEqual([`  dbtunnel ${command} --reason 'TICKET: what for' ${again}`, ''])
      expect(askedAws(env)).toEqual([])
    },
  )
})

describe.concurrent('exec for several targets', () => {
  const several = (words: readonly string[], env: Env) =>
    start(['exec', '--target', 'prod-db', '--target', 'billing-db', ...words], {env, detached: true}).ended

  it('has each of them read-only, and in the audit log', async () => {
    const env = guarded('production: true')
    const {status, stdout} = await several(['--', 'psql', '-wAtc', 'show transaction_read_only'], env)
    expect({status, lines: stdout.split('\n').sort()}).toEqual({
      status: 0,
      lines: ['', 'billing-db: on', 'prod-db: on'],
    })
    const told = auditOf(env).map(
      ({event, target, readOnly}) => `${String(event)} ${String(target)} ${String(readOnly)}`,
    )
    expect(told.sort()).toEqual([
      'end billing-db true',
      'end prod-db true',
      'start billing-db true',
      'start prod-db true',
    ])
  })

  it('says once that it does not know whether a program is read-only by that', async () => {
    const {status, stderr} = await several(['--', 'true'], guarded('production: true'))
    expect(status).toBe(0)
    expect(stderr.match(/^Read-only may not apply to true: .*$/gm)).toHaveLength(1)
  })

  it('wants one reason for all, before AWS is asked', async () => {
    const env = guarded('requireReason: true')
    expect(await several(['--', 'true'], env)).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/ prod-db and 1 more\. \[REASON_MISSING\]\n/),
    })
    expect(askedAws(env)).toEqual([])
  })
})

describe.concurrent('who sits at a terminal', () => {
  const ASKED = /^Reason for prod-db \(kept in the session history\): $/m

  function asked(command: readonly string[], rails = 'production: true, requireReason: true') {
    const env = guarded(rails)
    const screen = openScreen(command, {env})
    screens.push(screen)
    return {env, screen}
  }

  it('is asked for the reason, and is shown the target and that it cannot be written to', async () => {
    const {env, screen} = asked(['psql', 'prod-db'])
    await screen.waitFor(ASKED)
    expect(askedAws(env)).toEqual([])
    screen.type('INC-12: asked\r')
    await screen.waitFor(/^prod-db \[read-only\] shop=> $/m)
    screen.type('\\q\r')
    expect(await screen.ended).toMatchObject({status: 0})
    expect(sandbox.sessions.all().filter(({reason}) => reason?.startsWith('INC-12: asked '))).toHaveLength(1)
  })

  it('is asked before open goes to the background', async () => {
    const {env, screen} = asked(['open', 'prod-db', '--detach'])
    await screen.waitFor(ASKED)
    screen.type('INC-13: asked\r')
    expect(await screen.ended).toMatchObject({status: 0})
    expect(sandbox.sessions.all().filter(({reason}) => reason?.startsWith('INC-13: asked '))).toHaveLength(1)
    expect(await run(['close', 'prod-db'], {env})).toMatchObject({status: 0})
  })

  it.each([
    ['no answer, twice', '\r', 64, 'REASON_MISSING'],
    ['Ctrl-D', '\u0004', 64, 'REASON_MISSING'],
    ['Ctrl-C', '\u0003', 130, 'INTERRUPTED'],
  ])('gives %s, and nothing is done', async (_, keys, status, code) => {
    const {env, screen} = asked(['psql', 'prod-db'])
    const at = await screen.waitFor(ASKED)
    screen.type(keys)
    if (keys === '\r') {
      await screen.waitFor(ASKED, at)
      screen.type(keys)
    }
    await screen.waitFor(new RegExp(`^dbtunnel: .*\\[${code}\\]`, 'm'))
    expect(await screen.ended).toMatchObject({status})
    expect(askedAws(env)).toEqual([])
  })
})

describe.concurrent('a read-only session', () => {
  it('has an INSERT refused by the database, whatever PGOPTIONS said before; without it, it is done', async () => {
    const env = environment({PGOPTIONS: '-c default_transaction_read_only=off -c work_mem=7MB'})
    expect(await psql(['--read-only', '-c', INSERT], env)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(REFUSED),
    })
    expect(await psql(['-c', INSERT], env)).toMatchObject({status: 0, stdout: 'INSERT 0 1\n'})
  })

  it('has limits, and the settings of the user’s own PGOPTIONS', async () => {
    const shown = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'work_mem']
    const words = shown.flatMap((name) => ['-c', `show ${name}`])
    const env = environment({PGOPTIONS: '-c work_mem=7MB'})
    expect(await psql(['--read-only', ...words], env)).toMatchObject({status: 0, stdout: '5min\n5s\n5min\n7MB\n'})
  })

  it('can be lifted by who is in it: it is no permission', async () => {
    const words = ['--read-only', '-c', 'set default_transaction_read_only = off', '-c', INSERT]
    expect(await psql(words)).toMatchObject({status: 0, stdout: 'SET\nINSERT 0 1\n'})
  })

  it('holds for what exec runs, which says so of a program that it does not know', async () => {
    const exec = (words: readonly string[]) =>
      run(['exec', 'prod-db', '--read-only', '--', ...words], {env: environment()})
    const [known, unknown] = await Promise.all([
      exec(['psql', '-wc', INSERT]),
      exec(['sh', '-c', `psql -w "$DBTUNNEL_URL" -c "${INSERT}"`]),
    ])
    for (const {status, stderr} of [known, unknown]) {
      expect(status).toBe(1)
      expect(stderr).toMatch(REFUSED)
    }
    expect(unknown.stderr.match(/^Read-only may not apply to sh: .*$/gm)).toHaveLength(1)
    expect(known.stderr).not.toContain('Sessions are read-only')
  })

  it('is what the lines of open give to libpq clients, and those of another open take away again', async () => {
    const env = environment()
    const [one, other] = [await opened(['--read-only'], env), await opened(['--write'], env)]
    const guarded = one.stdout()
    expect(await pasted(guarded, `psql -w -c "${INSERT}"`)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(REFUSED),
    })
    const both = await pasted(guarded + other.stdout(), `psql -w -c "${INSERT}"`)
    expect(both).toMatchObject({status: 0, stdout: 'INSERT 0 1\n'})
    await Promise.all([stop(one), stop(other)])
  })
})

/** `dbtunnel open prod-db`, once it is ready. */
async function opened(words: readonly string[], env: Env): Promise<Running> {
  const tunnel = start(['open', 'prod-db', '--quiet', ...words], {env, detached: true})
  running.push(tunnel)
  await until('the block', () => /PGPASSFILE.*\n/.test(tunnel.stdout()))
  return tunnel
}

function stop(tunnel: Running): Promise<unknown> {
  tunnel.child.kill('SIGTERM')
  return tunnel.ended
}

describe.concurrent('a reason', () => {
  it('is in the session history, in pg_stat_activity and in the audit log', async () => {
    const env = environment()
    const reason = 'INC-4711: orders are slow'
    const {stdout} = await psql(['--reason', reason, '-c', ACTIVITY], env)
    expect(stdout).toBe(`dbtunnel:prod-db ${reason}\n`)
    const sessions = sandbox.sessions.all().filter((session) => session.reason?.startsWith(`${reason} `))
    expect(sessions).toHaveLength(1)
    expect(auditOf(env)).toMatchObject([
      {event: 'start', command: 'psql', target: 'prod-db', user: 'alice', reason, session: sessions[0]?.id},
      {event: 'end', command: 'psql', target: 'prod-db', user: 'alice', reason, session: sessions[0]?.id, status: 0},
    ])
    expect(JSON.stringify(auditOf(env))).not.toContain('pg_stat_activity')
  })

  it('is in the audit log of exec, too, with the program’s own status', async () => {
    const env = environment()
    const command = ['exec', 'prod-db', '--quiet', '--reason', 'INC-4712', '--', 'sh', '-c', 'exit 3']
    expect(await run(command, {env})).toMatchObject({status: 3})
    expect(auditOf(env)).toMatchObject([
      {event: 'start', command: 'exec', target: 'prod-db', reason: 'INC-4712'},
      {event: 'end', command: 'exec', target: 'prod-db', reason: 'INC-4712', status: 3},
    ])
  })

  it('is what the clients of open show, too', async () => {
    const tunnel = await opened(['--reason', "it's urgent"], environment())
    expect(await pasted(tunnel.stdout(), `psql -w -Atc '${ACTIVITY}'`)).toMatchObject({
      stdout: "dbtunnel:prod-db it's urgent\n",
    })
    await stop(tunnel)
  })
})

it.concurrent('kill -9 leaves a trace in the audit log', async () => {
  const env = environment()
  const {child, ended} = start(['psql', 'prod-db', '--quiet', '-c', 'select pg_sleep(60) /* audit */'], {env})
  await asleep('audit', sandbox)
  child.kill('SIGKILL')
  await ended
  expect(auditOf(env)).toMatchObject([{event: 'start', target: 'prod-db'}])
  // It ends the session that was left.
  await psql(['-c', 'select 1'], env)
})

describe.concurrent('the prompt', () => {
  async function prompted(words: readonly string[], psqlrc: string): Promise<string> {
    const env = environment()
    writeFileSync(join(env['HOME'] ?? '', '.psqlrc'), psqlrc)
    const screen = openScreen(['psql', 'prod-db', ...words], {env})
    screens.push(screen)
    await screen.waitFor(/=> $/)
    const prompt = screen.plain().split('\n').at(-1) ?? ''
    screen.type('\\q\r')
    await screen.ended
    return prompt
  }

  it.each([
    [
      'is the user’s own where ~/.psqlrc has one, with the target where that asks for it',
      ['--read-only'],
      `\\set PROMPT1 '%:DBTUNNEL: => '\n`,
      'prod-db [read-only] => ',
    ],
    ['is the user’s own where the words have one', ['-v', 'PROMPT1=mine %/=> '], '', 'mine shop=> '],
  ])('%s', async (_, words, psqlrc, prompt) => {
    expect(await prompted(words, psqlrc)).toBe(prompt)
  })
})
