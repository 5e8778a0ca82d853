import {spawnSync} from 'node:child_process'
import {chmodSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, it} from 'vitest'
import {type Sandbox} from '../sandbox/sandbox.js'
import {type Ended, PROGRAM, run, type Running, start} from '../support/dbtunnel.js'
import {expectNothingOf, pidOf} from '../support/leftovers.js'
import {inBash} from '../support/shell.js'
import {openScreen} from '../support/terminal.js'
import {until} from '../support/until.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const WHO = 'select current_user, current_database()'

type Env = Record<string, string>

/** Nobody answers there. */
const NOWHERE = {AWS_ENDPOINT_URL: 'http://127.0.0.1:9'}

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

function environment(change: Env = {}): Env {
  return {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr', PSQLRC: '/dev/null', ...change}
}

/** A command that a shell reads, as only its user can ask for it. */
const script = (text: string, ...words: string[]): readonly string[] => ['sh', '-c', text, 'sh', ...words]

/** Without a terminal. */
function begin(command: readonly string[], env: Env, input = ''): Running {
  return start(['exec', 'prod-db', '--quiet', '--', ...command], {env, input, detached: true})
}

async function exec(command: readonly string[], input?: string, env = environment()): Promise<Ended> {
  const ended = await begin(command, env, input).ended
  await expectNothingOf(env)
  return ended
}

describe.concurrent('the way to the database', () => {
  it('is in the environment of libpq clients', async () => {
    const {status, stdout} = await exec(script('psql -Atc "$1" && pg_isready && pg_dump --schema-only', WHO))
    expect({status, stdout}).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^alice.shop\n.*accepting connections\n/),
    })
    expect(stdout).toContain('PostgreSQL database dump complete')
  })

  it.skipIf(spawnSync('pgbench', ['--version']).error)('is there for pgbench', async () => {
    const env = environment()
    const file = join(env['HOME'] ?? '', 'one.sql')
    writeFileSync(file, 'select 1;\n')
    const {status, stdout} = await exec(['pgbench', '-n', '-c2', '-t5', '-f', file], '', env)
    expect({status, stdout}).toEqual({status: 0, stdout: expect.stringContaining('actually processed: 10/10')})
  })

  it('is one URL for all others, with no password in it, and that in its parts', async () => {
    const bare = 'for name in $(env | grep -o "^PG[A-Z]*" | grep -v PGPASSFILE); do unset "$name"; done'
    const parts =
      'echo "$DBTUNNEL_URL"; echo "$DBTUNNEL_HOST $DBTUNNEL_PORT $DBTUNNEL_USER $DBTUNNEL_DATABASE"; head -1 "$DBTUNNEL_CA"'
    const {status, stdout} = await exec(script(`${bare}; psql "$DBTUNNEL_URL" -Atc "$1"; ${parts}`, WHO))
    const [row, url = '', ...rest] = stdout.split('\n')
    expect({status, row}).toEqual({status: 0, row: 'alice|shop'})
    const {username, password, hostname, port, pathname, searchParams} = new URL(url)
    expect([username, password, hostname, pathname]).toEqual(['alice', '', HOST, '/shop'])
    expect(searchParams.get('sslmode')).toBe('verify-full')
    expect(rest).toEqual([`${HOST} ${port} alice shop`, '-----BEGIN CERTIFICATE-----', ''])
  })

  it('is no setting for a dbtunnel that runs inside', async () => {
    const inner = [process.execPath, PROGRAM, 'psql', 'billing-db', '--quiet', '-Atc', WHO]
    expect(await exec(inner)).toMatchObject({status: 0, stdout: 'alice|billing\n', stderr: ''})
  })

  it('is found as its user has said, with no advice on another way', async () => {
    const {status, stderr} = await run(['exec', 'prod-db', '--', 'true'], {env: environment()})
    expect(status).toBe(0)
    expect(stderr).not.toContain('PGHOSTADDR')
  })

  it('ends with its session: that is said, and the program goes on', async () => {
    const running = start(
      ['exec', 'prod-db', '--reason', 'lost', '--', ...script('read line; echo still here; exit 5')],
      {env: environment(), keepInput: true},
    )
    const isOurs = ({reason}: {readonly reason?: string | undefined}): boolean => reason?.startsWith('lost ') === true
    await until('the program', () => running.stderr().includes('Login'))
    sandbox.agents.terminate(sandbox.sessions.open().find(isOurs)?.id ?? '')
    await until('a word on it', () => running.stderr().includes('dbtunnel: '))
    expect(running.stderr()).toMatch(/\ndbtunnel: .* sh has lost its connection\.\n$/)
    running.child.stdin?.end('\n')
    expect(await running.ended).toMatchObject({status: 5, stdout: 'still here\n'})
  })
})

describe.concurrent('words', () => {
  it('reach the program byte for byte, and in order', async () => {
    const words = [
      '-c',
      'a',
      '-c',
      'b',
      '',
      '--',
      '--quiet',
      '-U',
      '$HOME',
      '`id`',
      "it's",
      'two\nlines',
      '*',
      'ü\u{1f418}',
    ]
    const recorder = script(`for word do printf '%s\\0' "$word"; done`, ...words)
    expect((await exec(recorder)).stdout.split('\0').slice(0, -1)).toEqual(words)
  })

  it('that are not in UTF-8 are refused, before AWS is asked', async () => {
    const {status, stderr} = await inBash(`"$@" $'caf\\xe9'`, ['exec', 'prod-db', '--', 'echo'], environment(NOWHERE))
    expect({status, stderr}).toEqual({status: 64, stderr: expect.stringContaining('UTF-8')})
  })

  it('of --help behind -- are the program’s', async () => {
    const {status, stdout} = await exec(['pg_dump', '--help'])
    expect({status, stdout}).toEqual({status: 0, stdout: expect.stringContaining('pg_dump dumps a database')})
  })
})

describe.concurrent('standard streams', () => {
  it('are the program’s own', async () => {
    const text = 'one\ntwo\n'.repeat(20_000)
    const ended = await exec(script('cat; echo complaint >&2'), text)
    expect(ended).toEqual({status: 0, signal: null, stdout: text, stderr: 'complaint\n'})
  })

  it('are not cut, 20 MB on both in one pipe whose reader is late', async () => {
    const noise = script('head -c 10000000 /dev/zero & head -c 10000000 /dev/zero >&2; wait')
    const line = '"$@" 2>&1 | (sleep 2; wc -c); exit ${PIPESTATUS[0]}'
    const {status, stdout} = await inBash(line, ['exec', 'prod-db', '--quiet', '--', ...noise], environment())
    expect({status, stdout: stdout.trim()}).toEqual({status: 0, stdout: '20000000'})
  })
})

describe.concurrent('the status', () => {
  it.each<[number, readonly string[]]>([
    [255, script('exit 255')],
    [2, ['psql', '-d', 'no_such_database', '-c', 'select 1']],
    [139, script('kill -SEGV $$')],
  ])('is the program’s own %i', async (status, command) => expect((await exec(command)).status).toBe(status))

  it.each<[string, number, string, (folder: string) => string]>([
    ['is nowhere', 127, 'CLIENT_MISSING', () => 'no-such-program'],
    ['is a file that cannot be run', 126, 'CLIENT_UNRUNNABLE', (folder) => textFile(folder, '#!/bin/sh\n', 0o644)],
    [
      'is a script that names no interpreter',
      126,
      'CLIENT_UNRUNNABLE',
      (folder) => textFile(folder, 'exit 0\n', 0o755),
    ],
  ])('of a program that %s is %i, before AWS is asked', async (_, status, code, make) => {
    const env = environment(NOWHERE)
    const ended = await exec([make(env['HOME'] ?? ''), 'x'], '', env)
    expect(ended).toMatchObject({status, stdout: '', stderr: expect.stringContaining(`[${code}]`)})
  })
})

describe.concurrent('status 2', () => {
  it('of psql whose login was refused: why', async () => {
    const env = {...environment(), ...credentialsOf('without-rds-db:connect')}
    const {status, stderr} = await run(['exec', 'prod-db', '--', 'psql', '-c', 'select 1'], {env})
    expect(status).toBe(2)
    expect(stderr).toContain('"Action":"rds-db:connect"')
  })

  it('of any other program is its own affair: it is not run a second time', async () => {
    const env = environment()
    const runs = join(env['HOME'] ?? '', 'runs')
    const program = textFile(env['HOME'] ?? '', `#!/bin/sh\necho "$@" >> '${runs}'\nexit 2\n`, 0o755)
    expect(await exec([program, 'once'], '', env)).toMatchObject({status: 2, stderr: ''})
    expect(readFileSync(runs, 'utf8')).toBe('once\n')
  })
})

function credentialsOf(identity: string): Env {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']
  return Object.fromEntries(Object.entries(sandbox.env(identity)).filter(([name]) => names.includes(name)))
}

function textFile(folder: string, text: string, mode: number): string {
  const file = join(folder, 'program')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

const untilTold = (signals: string): readonly string[] => script(`${signals}; echo up; while :; do sleep 0.1; done`)

describe.concurrent('signals', () => {
  it.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s is the program’s, and so is how it ends', async (signal) => {
    const env = environment()
    const running = begin(untilTold(`trap 'sleep 1.5; echo undone; exit 9' ${signal.slice(3)}`), env)
    await until('the program', () => running.stdout().includes('up'))
    running.child.kill(signal)
    expect(await running.ended).toMatchObject({status: 9, stdout: 'up\nundone\n', stderr: ''})
    await expectNothingOf(env)
  })

  it('that end the program give their status, as in a shell', async () => {
    const running = begin(untilTold(':'), environment())
    await until('the program', () => running.stdout().includes('up'))
    running.child.kill('SIGTERM')
    expect(await running.ended).toMatchObject({status: 143, stderr: ''})
  })

  it('come twice: the second ends what does not listen, and undoes all', async () => {
    const env = environment()
    const running = begin(untilTold(`trap '' TERM`), env)
    await until('the program', () => running.stdout().includes('up'))
    running.child.kill('SIGTERM')
    await sleep(700)
    running.child.kill('SIGTERM')
    expect(await running.ended).toMatchObject({status: 143, stderr: expect.stringContaining('[TERMINATED]')})
    await expectNothingOf(env)
  })
})

describe.concurrent('on a terminal', () => {
  it('a shell has all of it: job control, Ctrl-C, and its own status', async () => {
    const env = environment({PS1: 'inside> '})
    const screen = openScreen(['exec', 'prod-db', '--', 'bash', '--norc', '-i'], {env})
    let at = await screen.waitFor(/inside> $/)
    screen.type('sleep 60\r')
    await until('sleep', () => pidOf(env, 'sleep'))
    screen.type('\u0003')
    at = await screen.waitFor(/inside> $/, at)
    screen.type('psql -Atc "select 6*7"\r')
    await screen.waitFor(/\r42\r\n.*inside> $/s, at)
    screen.type('exit 3\r')
    expect((await screen.ended).status).toBe(3)
    await expectNothingOf(env)
  })

  it('Ctrl-C reaches the program once', async () => {
    const screen = openScreen(
      ['exec', 'prod-db', '--', ...untilTold(`trap 'echo caught; trap "echo twice" INT; sleep 1; exit 4' INT`)],
      {
        env: environment(),
      },
    )
    await screen.waitFor(/up\r\n$/)
    screen.type('\u0003')
    expect((await screen.ended).status).toBe(4)
    expect(screen.plain()).toMatch(/caught\r\n$/)
  })
})

it('others see it, and leave it alone unless it is named', async () => {
  const env = environment()
  const running = begin(untilTold(':'), env)
  await until('the program', () => running.stdout().includes('up'))
  const dbtunnel = (...words: string[]): Promise<Ended> => run(words, {env})
  const {
    child: {pid},
  } = running
  expect((await dbtunnel('status')).stdout).toMatch(new RegExp(`^prod-db +\\d+ +- .* exec ${pid}$`, 'm'))
  expect(await dbtunnel('close', 'prod-db')).toMatchObject({
    status: 68,
    stderr: expect.stringContaining(`exec uses prod-db`),
  })
  expect(await dbtunnel('close', String(pid))).toMatchObject({status: 0})
  expect((await running.ended).status).toBe(143)
})
