import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {OpenedTunnel} from '../../src/core/results/opened-tunnel.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {CARRIERS, type Carrier} from '../support/carriers.js'
import {type Ended, PROGRAM, run, type Running, type RunOptions, start} from '../support/dbtunnel.js'
import {freePort, listenSomewhere} from '../support/free-port.js'
import {expectNothingOf, pidOf, portsOf, watchFor} from '../support/leftovers.js'
import {asOrdinary, NOBODY} from '../support/ordinary-user.js'
import {pasted} from '../support/pasted.js'
import {rendered} from '../support/rendered.js'
import {openScreen, type Screen} from '../support/terminal.js'
import {until} from '../support/until.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const HOUR_MS = 3_600_000
const CTRL_C = '\u0003'
// eslint-disable-next-line no-control-regex
const CONTROL_CODES = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/

type Env = Record<string, string>

let sandbox: Sandbox
/** Whose clock is moved. */
let later: Sandbox
const running: Running[] = []
const screens: Screen[] = []

beforeAll(async () => {
  ;[sandbox, later] = await Promise.all([startSandbox(), startSandbox()])
})
afterAll(async () => {
  for (const {child} of running) child.kill('SIGKILL')
  for (const {pty} of screens) pty.kill('SIGKILL')
  await watchFor(sandbox, {}).expectNothingLeft()
  await Promise.all([sandbox.close(), later.close()])
})

let marks = 0

/** AWS_SDK_UA_APP_ID and the reason tell its calls and its session from others. */
function environment(change: Env = {}, where = sandbox, identity?: string): Env {
  const mark = `open-${++marks}`
  return {
    ...where.env(identity),
    DBTUNNEL_RESOLVE: 'hostaddr',
    DBTUNNEL_ENGINE: 'native',
    AWS_SDK_UA_APP_ID: mark,
    DBTUNNEL_REASON: mark,
    ...change,
  }
}

/** `dbtunnel open prod-db`, once it is ready. */
async function opened(words: readonly string[], options: RunOptions): Promise<Running> {
  const tunnel = start(['open', 'prod-db', ...words], {detached: true, ...options})
  running.push(tunnel)
  const early = tunnel.ended.then(({stderr}) => {
    throw new Error(`ended too early: ${stderr}`)
  })
  await Promise.race([until('the block', () => /PGPASSFILE.*\n/.test(tunnel.stdout())), early])
  early.catch(() => {})
  return tunnel
}

function stop(tunnel: Running, signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
  tunnel.child.kill(signal)
  return tunnel.ended
}

const portIn = (text: string): number => Number(/PGPORT=(\d+)/.exec(text)?.[1])

describe.concurrent.each(CARRIERS)('dbtunnel open, $name', (carrier: Carrier) => {
  it('tells what is open, and prints lines that let any libpq client of another shell in', async () => {
    const env = environment(carrier.env)
    const tunnel = await opened([], {env})
    const block = tunnel.stdout()
    const port = portIn(block)
    const told = [...tunnel.stderr().matchAll(/^ {2}(\S+(?: \S+)?) {2,}(.*)$/gm)]
    const facts = Object.fromEntries(told.map(([, ...fact]) => fact))
    const session = sandbox.sessions.all().find(({reason}) => reason?.startsWith(`${env['DBTUNNEL_REASON']} `))
    expect(facts).toEqual({
      target: 'prod-db',
      endpoint: `${HOST}:5432`,
      'local port': `127.0.0.1:${port}`,
      bastion: expect.stringMatching(/^prod-bastion-a i-[0-9a-f]+$/),
      session: session?.id,
    })
    const folder = join(env['TMPDIR'] ?? '', 'dbtunnel-\\w+')
    expect(block.split('\n')).toEqual([
      'unset PGPASSWORD PGSERVICE PGSSLCERT PGSSLKEY PGSSLCRL PGSSLCRLDIR PGCHANNELBINDING PGREQUIREAUTH PGOPTIONS;',
      `export PGHOST=${HOST};`,
      'export PGHOSTADDR=127.0.0.1;',
      `export PGPORT=${port};`,
      'export PGUSER=alice;',
      'export PGDATABASE=shop;',
      'export PGSSLMODE=verify-full;',
      expect.stringMatching(`^export PGSSLROOTCERT=${folder}/authorities\\.pem;$`),
      'export PGGSSENCMODE=disable;',
      expect.stringMatching(`^export PGPASSFILE=${folder}/passfile;$`),
      `export PGAPPNAME='dbtunnel:prod-db ${env['DBTUNNEL_REASON']}';`,
      expect.stringMatching(
        `^export DBTUNNEL_URL='postgresql://alice@${HOST}:${port}/shop'\\\\\\?'sslmode=verify-full&.*';$`,
      ),
      '',
    ])

    const login = await pasted(block, `psql -w -Atc '\\conninfo' -c 'select current_user, current_database()'`)
    expect(login).toMatchObject({status: 0, stderr: '', stdout: expect.stringMatching(/^alice\|shop$/m)})
    expect(login.stdout).toContain(`on host "${HOST}" (address "127.0.0.1")`)
    expect(login.stdout).toMatch(/TLSv1\.[23]/)
    // verify-full at work.
    const impostor = await pasted(block, 'psql -w host=other.invalid')
    expect(impostor).toMatchObject({status: 2, stderr: expect.stringContaining('does not match host name')})
    // For what knows no PG* variables: here, nothing but the passfile.
    const byUrl = `env -u PGHOST -u PGPORT -u PGUSER -u PGDATABASE psql -w "$DBTUNNEL_URL" -Atc 'select current_database()'`
    expect(await pasted(block, byUrl)).toMatchObject({status: 0, stdout: 'shop\n'})
    // What leads to this database is no wish for another one.
    const config = `${process.execPath} ${PROGRAM} config billing-db`
    expect(await pasted(block, `${config}; PGDATABASE=app ${config}`, env)).toMatchObject({
      stdout: expect.stringMatching(/\ndatabase +that of the instance[^]*\ndatabase +app +PGDATABASE/),
    })
    // By a token of another command, with no passfile.
    const token = `PGPASSWORD=$(${process.execPath} ${PROGRAM} token prod-db) PGPASSFILE=/dev/null psql -w -Atc 'select 7'`
    expect(await pasted(block, token, env)).toMatchObject({status: 0, stdout: '7\n'})

    const {status, stdout, stderr} = await stop(tunnel)
    expect({status, stdout}).toEqual({status: 130, stdout: block})
    expect(stderr).toMatch(/^Database: [^]*\nLogin: alice, by IAM token\n/)
    expect(stderr).toMatch(
      /\ndbtunnel: Closed prod-db after \d+ s: 4 connections, \d+ kB up, \d+ kB down\. \[INTERRUPTED\]\n$/,
    )
    expect(stderr).not.toMatch(CONTROL_CODES)
    expect(portsOf(env)).not.toContain(port)
    await expectNothingOf(env)
  })

  it('serves fifty clients at once', async () => {
    const env = environment(carrier.env)
    const tunnel = await opened(['--quiet'], {env})
    const sleepers = (sql: string) => sandbox.database.query(sql)
    const clients = pasted(
      tunnel.stdout(),
      `for n in $(seq 50); do psql -w -Atc "select $n from pg_sleep(60) /* ${env['DBTUNNEL_REASON']} */" & done; wait`,
    )
    const asleep = `select pid from pg_stat_activity where query like '%/* ${env['DBTUNNEL_REASON']} */' and wait_event = 'PgSleep'`
    await until('fifty queries', async () => (await sleepers(asleep)).length === 50)
    await sandbox.database.query(`select pg_cancel_backend(pid) from (${asleep}) sleepers`)
    const {stderr} = await clients
    expect(stderr.match(/canceling statement/g)).toHaveLength(50)
    expect(await stop(tunnel)).toMatchObject({
      status: 130,
      stderr: expect.stringMatching(/^dbtunnel: Closed prod-db [^\n]*\n$/),
    })
    await expectNothingOf(env)
  })
})

it.concurrent('lets clients in when the first token has expired, with both engines', async () => {
  const preload = new URL('../support/shifted-clock.mjs', import.meta.url).href
  const shift = join(later.env()['HOME'] ?? '', 'shift')
  const clock = {NODE_OPTIONS: `--import=${preload}`, SHIFTED_CLOCK: shift}
  const tunnels = await Promise.all(
    CARRIERS.map(async (carrier) => {
      // An IAM user's keys, for they last.
      const env = environment({...carrier.env, ...clock}, later, 'bob')
      const tunnel = await opened([], {env})
      return {env, tunnel, block: tunnel.stdout(), token: readFileSync(passfileOf(env), 'utf8')}
    }),
  )
  const login = (block: string): Promise<Ended> => pasted(block, `psql -w -Atc 'select current_user'`)
  for (const {block} of tunnels) expect(await login(block)).toMatchObject({status: 0, stdout: 'bob\n'})
  later.clock.advance(HOUR_MS)
  for (const {block} of tunnels)
    expect(await login(block)).toMatchObject({status: 2, stderr: expect.stringContaining('PAM authentication failed')})

  writeFileSync(shift, String(HOUR_MS))
  for (const {env, tunnel, block, token} of tunnels) {
    await until('a second token', () => readFileSync(passfileOf(env), 'utf8') !== token)
    expect(await login(block)).toMatchObject({status: 0, stdout: 'bob\n'})
    expect(await stop(tunnel, 'SIGTERM')).toMatchObject({status: 143})
    await expectNothingOf(env)
  }
})

describe.concurrent('--json', () => {
  it('prints one object on one line, once it is ready, and nothing more at the end', async () => {
    const env = environment()
    const tunnel = await opened(['--json', '--quiet'], {env})
    const line = tunnel.stdout()
    expect(line.split('\n')).toEqual([expect.stringMatching(/^\{.*\}$/), ''])
    const json = JSON.parse(line) as OpenedTunnel
    const session = sandbox.sessions.all().find(({reason}) => reason?.startsWith(`${env['DBTUNNEL_REASON']} `))
    expect(json).toEqual({
      target: 'prod-db',
      endpoint: {host: HOST, port: 5432},
      localPort: expect.any(Number),
      bastion: {id: expect.stringMatching(/^i-/), name: 'prod-bastion-a'},
      session: session?.id,
      engine: 'native',
      user: 'alice',
      database: 'shop',
      region: 'eu-west-1',
      via: 'hostaddr',
      readOnly: false,
      reason: env['DBTUNNEL_REASON'],
      env: expect.objectContaining({PGHOST: HOST, PGPORT: String(json.localPort), PGSSLMODE: 'verify-full'}),
    })
    const login = await pasted('unset PGPASSWORD PGSERVICE', `psql -w -Atc 'select 1'`, json.env)
    expect(login).toMatchObject({status: 0, stdout: '1\n'})
    expect(await stop(tunnel, 'SIGTERM')).toMatchObject({
      status: 143,
      stdout: line,
      stderr: expect.stringMatching(/^dbtunnel: Closed prod-db [^\n]*\[TERMINATED\]\n$/),
    })
    await expectNothingOf(env)
  })

  it('prints a failure as one object on one line', async () => {
    const {status, stdout} = await run(['open', 'prod-bd', '--json', '--quiet'], {env: environment()})
    expect(status).toBe(68)
    expect(stdout.split('\n')).toHaveLength(2)
    expect(JSON.parse(stdout)).toMatchObject({error: {code: 'TARGET_UNKNOWN', exitCode: 68}})
  })
})

describe.concurrent('a local port', () => {
  it('that another program has: 73, before AWS is asked', async () => {
    const {server, port} = await listenSomewhere()
    const env = environment()
    const {status, stdout, stderr} = await run(['open', 'prod-db', '--local-port', String(port)], {env})
    server.close()
    expect({status, stdout}).toEqual({status: 73, stdout: ''})
    expect(stderr).toMatch(new RegExp(`^dbtunnel: Port ${port} [^\\n]*\\[PORT_IN_USE\\]\\n`))
    expect(sandbox.aws.log.filter(({userAgent}) => userAgent.includes(`app/${env['AWS_SDK_UA_APP_ID']}`))).toEqual([])
  })

  it.each(CARRIERS)(
    'that was asked for is had by the next run, too, and not by a second one beside it, $name',
    async (carrier) => {
      const env = environment(carrier.env)
      // One that no other test has by itself.
      const port = String(await freePort())
      const first = await opened(['--local-port', port], {env})
      expect(String(portIn(first.stdout()))).toBe(port)
      expect(await run(['open', 'prod-db', '--new', '--local-port', port], {env})).toMatchObject({status: 73})
      // Under another port, beside it.
      const second = await opened(['--new'], {env})
      expect(await stop(first)).toMatchObject({status: 130})
      expect(await pasted(second.stdout(), `psql -w -Atc 'select 1'`)).toMatchObject({stdout: '1\n'})
      await stop(second)
      const again = await opened(['--local-port', port], {env})
      expect(String(portIn(again.stdout()))).toBe(port)
      await stop(again)
      await expectNothingOf(env)
    },
  )
})

it('reads no target from stdin: 64', async () => {
  expect(await run(['open'], {env: environment(), input: 'prod-db\n'})).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('No target is given'),
  })
})

it('an ordinary user gets PGHOSTADDR, and hears who will not find the name and what mends that', async () => {
  // Another user's tunnel at a database's own port keeps root's lines out of the hosts file.
  const env = environment({DBTUNNEL_RESOLVE: 'auto', DBTUNNEL_LOCAL_PORT: String(await freePort())})
  const root = process.getuid?.() === 0
  if (root) asOrdinary(env)
  const tunnel = await opened(['--bastion', 'tag:Name=prod-bastion-a'], {env, uid: root ? NOBODY : undefined})
  expect(tunnel.stdout()).toContain('\nexport PGHOSTADDR=127.0.0.1;\n')
  expect(tunnel.stderr())
    .toContain(`Others, such as JDBC and GUI clients, will not find ${HOST}. For clients that need it:
  dbtunnel open prod-db --bastion tag:Name=prod-bastion-a --resolve hosts
`)
  // The passfile is its owner's alone.
  expect(await pasted(tunnel.stdout(), `psql -w -Atc 'select 1'`)).toMatchObject({stdout: '1\n'})
  await stop(tunnel)
  await expectNothingOf(env)
})

it('goes on when nobody reads its stdout any more', async () => {
  const env = environment()
  const tunnel = start(['open', 'prod-db'], {env})
  running.push(tunnel)
  tunnel.child.stdout?.destroy()
  await until('the login', () => /\nLogin: /.test(tunnel.stderr()))
  await until('the passfile', () => existsSync(passfileOf(env)))
  process.kill(tunnel.child.pid ?? 0, 'SIGCONT')
  expect(await stop(tunnel)).toMatchObject({status: 130, stderr: expect.stringMatching(/\ndbtunnel: Closed [^\n]*\n$/)})
  await expectNothingOf(env)
})

function passfileOf({TMPDIR = ''}: Env): string {
  const folder = readdirSync(TMPDIR).find((name) => existsSync(join(TMPDIR, name, 'passfile')))
  return join(TMPDIR, folder ?? 'none', 'passfile')
}

/** dbtunnel as a shell's foreground job; the shell waits for a key, so that nothing is lost with the terminal. */
function onTerminal(redirected: string, words: readonly string[], env: Env, columns = 80): Screen {
  const script = `set -m; "$@" ${redirected}; echo "status $?"; read`
  const argv = ['--norc', '-c', script, 'bash', process.execPath, PROGRAM, 'open', 'prod-db', ...words]
  const screen = openScreen(argv, {file: '/bin/bash', env, columns})
  screens.push(screen)
  return screen
}

/** The screen's lines, when dbtunnel has been ended by Ctrl-C. */
async function closed(screen: Screen): Promise<string[]> {
  screen.type(CTRL_C)
  await screen.waitFor(/status \d+\r\n$/)
  const lines = await rendered(screen.text(), screen.pty.cols)
  screen.type('\r')
  await screen.ended
  return lines
}

describe.concurrent('on a terminal', () => {
  it.each([
    ['stdout and stderr there', ''],
    ['stdout in a file', '>$HOME/out'],
    ['stderr in a file', '2>$HOME/err'],
    ['both in files', '>$HOME/out 2>$HOME/err'],
  ])('%s: the block on stdout alone, the status line on a terminal alone', async (_, redirected) => {
    const env = environment()
    const screen = onTerminal(redirected, [], env)
    const [out, err] = [redirected.includes('>$HOME/out'), redirected.includes('2>$HOME/err')]
    const read = (name: string): string => readFileSync(join(env['HOME'] ?? '', name), 'utf8')
    if (err)
      await until(
        'the passfile',
        () => existsSync(passfileOf(env)) && (out ? read('out') : screen.text()).includes('PASSFILE'),
      )
    else await screen.waitFor(/ prod-db on port \d+: 0 connections, 0 kB up, 0 kB down, \d s\. Ctrl-C ends it\.\r/)
    const lines = await closed(screen)

    const facts = / {2}target {6}prod-db\n(?: {2}\S[^\n]*\n){4}/
    const block = /^unset [^\n]*;\n(?:export [^\n]*;\n){11}$/
    const end = /^dbtunnel: Closed prod-db after \d s: 0 connections, 0 kB up, 0 kB down\. \[INTERRUPTED\]$/
    const printed = lines.findIndex((line) => line.startsWith('unset '))
    if (out) expect(read('out')).toMatch(block)
    else expect(`${lines.slice(printed, printed + 12).join('\n')}\n`).toMatch(block)
    if (err) {
      expect(read('err')).toMatch(/^Database: [^]*\ndbtunnel: Closed prod-db [^\n]*\n$/)
      expect(read('err')).toMatch(facts)
      expect(read('err')).not.toMatch(CONTROL_CODES)
      expect(lines.slice(out ? 0 : 12)).toEqual(['^Cstatus 130', ''])
    } else {
      expect(lines.join('\n')).toMatch(facts)
      // Nothing is left of the status line, nor of Ctrl-C.
      const farewell = lines.slice(lines.findIndex((line) => line.startsWith('dbtunnel:')))
      expect(farewell.slice(-2)).toEqual(['status 130', ''])
      expect(farewell.slice(0, -2).join(' ')).toMatch(end)
      expect(lines.join('\n')).not.toMatch(/Ctrl-C|\^C/)
    }
    await expectNothingOf(env)
  })

  it.each([80, 40])('of %i columns: the status line counts, fits, and makes room for notices', async (columns) => {
    const env = environment()
    const screen = onTerminal('2>&1', [], env, columns)
    const zero = / 0 (open|connections), \d kB up/
    const at = await screen.waitFor(zero)
    const one = columns === 80 ? / prod-db on port \d+: 1 connection, / : / 1 (open|connection), /
    const block = (await rendered(screen.text(), columns)).filter((line) => line.startsWith('export ')).join('\n')
    const client = pasted(`unset PGPASSWORD PGSERVICE\n${block}`, `psql -w -Atc 'select pg_sleep(3)'`)
    await screen.waitFor(one, at)
    // As when something cleans the temporary folder: the passfile cannot be renewed.
    rmSync(dirname(passfileOf(env)), {recursive: true})
    process.kill(pidOf(env, 'node') ?? 0, 'SIGCONT')
    const noticed = await screen.waitFor(/every\s+30\s+s\./, at)
    await screen.waitFor(zero, noticed)
    await client
    // eslint-disable-next-line no-control-regex
    const drawn = [...screen.text().matchAll(/\u001B\[J ([^\r\n\u001B]*)\r/g)].map(([, line = '']) => line.length)
    expect(drawn.length).toBeGreaterThan(3)
    expect(Math.max(...drawn)).toBeLessThan(columns)
    const lines = await closed(screen)
    const notice = lines.slice(lines.findIndex((line) => line.startsWith('dbtunnel: The database token')))
    expect(notice.join(' ')).toMatch(
      /^dbtunnel: The database token could not be renewed, [^]*Trying again every 30 s\. dbtunnel: Closed prod-db after/,
    )
    await expectNothingOf(env)
  })

  it('whose width changes: the line is drawn anew', async () => {
    const env = environment()
    const screen = onTerminal('', [], env)
    let at = await screen.waitFor(/0 connections/)
    screen.pty.resize(40, 24)
    at = await screen.waitFor(/ 0 (open|connections), 0 kB up, 0 kB down, \d+ s\r/, at)
    screen.pty.resize(100, 24)
    await screen.waitFor(/ prod-db on port \d+: 0 connections/, at)
    expect((await closed(screen)).slice(-2)).toEqual(['status 130', ''])
  })

  it('in the background it leaves the screen to the shell', async () => {
    const env = environment({PS1: 'shell> '})
    const screen = openScreen(['--norc', '--noprofile', '-i'], {file: '/bin/bash', env})
    screens.push(screen)
    let at = await screen.waitFor(/shell> $/)
    screen.type(`${process.execPath} ${PROGRAM} open prod-db &\r`)
    at = await screen.waitFor(/PGPASSFILE=.*\r\n/, at)
    const drawn = screen.text().length
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(screen.text().slice(drawn)).not.toContain('\u001B[J')
    screen.type('fg\r')
    at = await screen.waitFor(/ prod-db on port \d+: 0 connections/, at)
    screen.type(CTRL_C)
    await screen.waitFor(/\[INTERRUPTED\]\r\n.*shell> $/s, at)
    screen.type('exit\r')
    await screen.ended
    await expectNothingOf(env)
  })

  it('that is closed: all is undone', async () => {
    const env = environment()
    const screen = openScreen(['open', 'prod-db'], {env})
    screens.push(screen)
    await screen.waitFor(/Ctrl-C ends it/)
    screen.hangUp()
    await screen.ended
    await expectNothingOf(env)
  })
})
