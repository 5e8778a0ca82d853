import {execFileSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {dirname, join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import type {TunnelListing} from '../../src/core/results/tunnel-listing.js'
import {login, message, QUESTIONS, SSL_REQUEST, Wire} from '../sandbox/database.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type LoginTunnel, openAutoLogin, openedIn, send} from '../support/auto-login.js'
import {type Ended, run, start} from '../support/dbtunnel.js'
import {freePort} from '../support/free-port.js'
import {expectNothingOf, portsOf} from '../support/leftovers.js'
import {asOrdinary, NOBODY} from '../support/ordinary-user.js'
import {type PgClient, pgClient} from '../support/node-postgres.js'
import {isRoot, otherUserCalls} from '../support/other-user.js'
import {pasted} from '../support/pasted.js'
import {until} from '../support/until.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const STRANGER = 65_533

let sandbox: Sandbox
let tunnels: LoginTunnel[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterEach(async () => {
  sandbox.database.setMode(HOST, 'honest')
  for (const {running, env} of tunnels) {
    running.child.kill('SIGINT')
    await running.ended
    await expectNothingOf(env)
  }
  tunnels = []
})
afterAll(() => sandbox.close())

async function opened(...given: Parameters<typeof openAutoLogin> extends [unknown, ...infer R] ? R : never) {
  const tunnel = await openAutoLogin(sandbox, ...given)
  tunnels.push(tunnel)
  return tunnel
}

const overTcp = async (words: readonly string[] = [], env: Record<string, string> = {}): Promise<LoginTunnel> =>
  opened(['--tcp', ...words], {env: {DBTUNNEL_LOCAL_PORT: String(await freePort()), ...env}})

const stop = ({running}: LoginTunnel): Promise<Ended> => {
  running.child.kill('SIGINT')
  return running.ended
}
const dialled = ({session}: LoginTunnel): number => sandbox.agents.session(session).dialled
const passwordIn = (file: string): string => /:([^:\n]+)\n/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
const auditOf = ({env}: LoginTunnel): Record<string, unknown>[] =>
  readFileSync(join(env['HOME'] ?? '', '.local/state/dbtunnel/audit.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('a local end that logs in by itself', () => {
  it('lets psql, pg_dump and node-postgres in at a socket, with no password, TLS or hosts line', async () => {
    const hosts = readFileSync('/etc/hosts', 'utf8')
    const tunnel = await opened()
    const {block, socket, running, env} = tunnel
    const folder = dirname(socket)
    expect(block.split('\n')).toEqual([
      expect.stringMatching(/^unset PGPASSWORD PGSERVICE .*PGCHANNELBINDING .*PGSSLROOTCERT PGHOSTADDR /),
      `export PGHOST=${folder};`,
      'export PGPORT=5432;',
      expect.stringMatching(/^export PGREQUIREPEER=\S+;$/),
      'export PGUSER=alice;',
      'export PGDATABASE=shop;',
      'export PGSSLMODE=disable;',
      'export PGGSSENCMODE=disable;',
      expect.stringMatching(/^export DBTUNNEL_URL='postgresql:\/\/alice@%2F.*:5432\/shop'/),
      '',
    ])
    expect(socket).toBe(join(folder, '.s.PGSQL.5432'))
    expect([statSync(folder).mode & 0o777, statSync(socket).mode & 0o777]).toEqual([0o700, 0o700])
    expect(portsOf(env)).toEqual([])
    expect(readFileSync('/etc/hosts', 'utf8')).toBe(hosts)

    const logins = sandbox.database.logins().length
    const psql = await pasted(
      block,
      `psql -w -Atc 'select current_user, current_database()' -c 'show application_name'`,
    )
    expect(psql).toMatchObject({
      status: 0,
      stdout: `alice|shop\ndbtunnel:prod-db ${env['DBTUNNEL_REASON']} psql\n`,
      stderr: '',
    })
    expect(await pasted(block, `psql -w -d postgres -Atc 'select current_database()'`)).toMatchObject({
      stdout: 'postgres\n',
    })
    const dump = await pasted(block, 'pg_dump -w')
    expect(dump).toMatchObject({status: 0, stdout: expect.stringContaining('PostgreSQL database dump complete')})
    const url = (await pasted(block, 'printf %s "$DBTUNNEL_URL"')).stdout
    const client = pgClient({connectionString: url})
    await client.connect()
    expect((await client.query('select current_user as name')).rows).toEqual([{name: 'alice'}])
    await client.end()
    // Each by a token of its own, over TLS.
    expect(sandbox.database.logins().slice(logins)).toEqual(Array(4).fill(expect.objectContaining({outcome: 'in'})))

    const {status, stderr} = await stop(tunnel)
    expect(status).toBe(130)
    expect(stderr).toContain('each connection here is logged in as alice')
    expect(existsSync(folder)).toBe(false)
    expect(auditOf(tunnel)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({event: 'login', number: 1, database: 'shop', by: 'socket', run: tunnel.session}),
        expect.objectContaining({event: 'logout', number: 1, bytesDown: expect.any(Number)}),
      ]),
    )
    expect(JSON.stringify(auditOf(tunnel)) + stderr + running.stdout()).not.toMatch(/X-Amz-|current_user/)
  })

  it('lets 200 logins of pgbench -C in, one after another and beside each other', async () => {
    const {block, env} = await opened()
    const script = join(env['HOME'] ?? '', 'select.sql')
    writeFileSync(script, 'select 1;\n')
    const bench = await pasted(block, `pgbench -n -C -c 4 -t 50 -f ${script}`)
    if (bench.status === 127) return
    expect(bench).toMatchObject({status: 0, stdout: expect.stringContaining('200/200')})
  })

  it('cancels the right query with ten connections open', async () => {
    const {block} = await opened()
    const url = (await pasted(block, 'printf %s "$DBTUNNEL_URL"')).stdout
    const clients = Array.from({length: 10}, () => pgClient({connectionString: url}))
    await Promise.all(clients.map((client) => client.connect()))
    const sleeping = clients.map((client) =>
      client.query('select pg_sleep(3)').then(
        () => 'slept',
        (error: Error) => error.message,
      ),
    )
    await until('ten queries', async () => {
      const [[count] = []] = await sandbox.database.query(
        `select count(*) from pg_stat_activity where query = 'select pg_sleep(3)'`,
      )
      return count === '10'
    })
    const third = clients[3] as PgClient
    const {socket} = tunnels[0] as LoginTunnel
    const key = Buffer.alloc(16)
    ;[16, 80_877_102, third.processID].forEach((number, index) => key.writeUInt32BE(number, 4 * index))
    key.writeInt32BE(third.secretKey, 12)
    // With another secret: nothing.
    const wrong = Buffer.from(key)
    wrong.writeInt32BE(third.secretKey ^ 1, 12)
    expect(await send({path: socket}, [wrong])).toMatchObject({received: Buffer.alloc(0)})
    expect(await send({path: socket}, [key])).toMatchObject({received: Buffer.alloc(0), how: 'ended'})
    const ends = await Promise.all(sleeping)
    expect(ends.map((end) => end === 'slept')).toEqual(ends.map((_, index) => index !== 3))
    expect(ends[3]).toContain('canceling statement due to user request')
    // Neither of its numbers is the database's own.
    const [[pids] = []] = await sandbox.database.query(`select array_agg(pid) from pg_stat_activity`)
    expect(pids).not.toContain(String(third.processID))
    await Promise.all(clients.map((client) => client.end()))
  })

  it('passes what the database refuses on unchanged, and says the likely cause once', async () => {
    const {block, running} = await opened(['-U', 'password_only'])
    for (let time = 0; time < 3; time++) {
      expect(await pasted(block, `psql -w -c 'select 1'`)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('FATAL:  password authentication failed for user "password_only"'),
      })
    }
    expect(running.stderr().match(/did not ask IAM about password_only/g)).toHaveLength(1)
  })

  it('takes no other user, no replication and no other protocol', async () => {
    const {block, socket, running, session} = await opened()
    const before = sandbox.agents.session(session).dialled
    expect(await pasted(block, `psql -w -U bob -c 'select 1'`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('dbtunnel logs in as "alice" here, and as nobody else'),
    })
    expect(await pasted(block, `psql -w 'replication=database' -c 'IDENTIFY_SYSTEM'`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no replication connections'),
    })
    for (const strange of [
      'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'POST / HTTP/1.1\r\n\r\n',
      '\u0016\u0003\u0001\u0002',
    ]) {
      expect(await send({path: socket}, [Buffer.from(strange, 'latin1')])).toMatchObject({received: Buffer.alloc(0)})
    }
    const long = Buffer.alloc(10_001, 0x61)
    long.writeUInt32BE(10_001)
    expect(await send({path: socket}, [long])).toMatchObject({received: Buffer.alloc(0)})
    // One N, and nothing behind it.
    const {received: refused} = await send({path: socket}, [SSL_REQUEST, SSL_REQUEST])
    expect(['', 'N']).toContain(refused.toString())
    expect(sandbox.agents.session(session).dialled).toBe(before)
    // Once a minute.
    expect(running.stderr().match(/did not ask for a login/g)).toHaveLength(1)
    const wire = new Wire(connect({path: socket}))
    for (const byte of SSL_REQUEST) wire.write(Buffer.of(byte))
    await wire.until((received) => received.toString() === 'N')
    for (const byte of [...login('alice', 'shop'), ...message('Q', 'select 6*7')]) wire.write(Buffer.of(byte))
    await wire.until((received) => received.includes('42'))
    wire.stream.destroy()
  })

  it('keeps guard rails, whatever a program asks for', async () => {
    const {block, socket} = await opened(['--read-only'])
    const show = `-Atc 'show transaction_read_only' -c 'show statement_timeout'`
    const wish = `PGOPTIONS='-c default_transaction_read_only=off -c statement_timeout=0'`
    expect(await pasted(block, `${wish} psql -w ${show}`)).toMatchObject({status: 0, stdout: 'on\n5min\n'})
    const wire = new Wire(connect({path: socket}))
    wire.write(login('alice', 'shop', ['Default_Transaction_Read_Only', 'off'], ['options', '-c statement_timeout=0']))
    await wire.until((received) => received.includes(Buffer.from([0x5a, 0, 0, 0, 5])))
    wire.write(message('Q', 'show transaction_read_only'))
    await wire.until((received) => received.includes('SHOW'))
    expect(wire.received.includes('\u0000\u0002on')).toBe(true)
    wire.stream.destroy()
  })

  it('has a socket of its own for each run, and the usual one again after a run that was killed', async () => {
    const first = await opened()
    const second = await opened(['--new'], {env: {HOME: first.env['HOME'] ?? ''}})
    expect(dirname(second.socket)).toBe(`${dirname(first.socket)}-2`)
    for (const {block} of [first, second]) {
      expect(await pasted(block, `psql -w -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n'})
    }
    first.running.child.kill('SIGKILL')
    await first.running.ended
    const third = await opened(['--new'], {env: {HOME: first.env['HOME'] ?? ''}})
    expect(third.socket).toBe(first.socket)
    expect(await pasted(third.block, `psql -w -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n'})
  })

  it('is shown by --json, status and the list of what is open', async () => {
    const env = {...sandbox.env(), DBTUNNEL_ENGINE: 'native'}
    const words = ['open', 'prod-db', '--auto-login', '--json', '--quiet']
    const running = start(words, {env, detached: true})
    const json = await until('the JSON', () => running.stdout().includes('\n') && openedIn(running.stdout()))
    expect(json).toMatchObject({
      via: 'auto-login',
      user: 'alice',
      autoLogin: {socket: expect.stringMatching(/\.s\.PGSQL\.5432$/)},
    })
    expect(json.autoLogin).not.toHaveProperty('port')
    const text = await run(['status'], {env})
    expect(text.stdout).toMatch(/^prod-db +socket/m)
    expect(text.stdout).toContain('auto-login: logs in each connection as you')
    const listing = JSON.parse((await run(['status', '--json'], {env})).stdout) as TunnelListing
    expect(listing.tunnels[0]?.autoLogin).toEqual({socket: json.autoLogin?.socket, tcp: false})
    // Asked for once more, it is shown; without auto-login it is another one.
    const again = await run(words, {env})
    expect(openedIn(again.stdout).session).toBe(json.session)
    expect((await run(['close', 'prod-db'], {env})).status).toBe(0)
    expect((await running.ended).status).toBe(143)
    await expectNothingOf(env)
  })

  it.each([
    [['--auto-login', '--sslmode', 'verify-ca']],
    [['--auto-login', '--resolve', 'hosts']],
    [['--auto-login', '--local-port', '15432']],
    [['--auto-login', '--new-password']],
    [['--tcp']],
    [['--new-password']],
  ])('refuses %s', async (words) => {
    expect(await run(['open', 'prod-db', ...words], {env: sandbox.env()})).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('[USAGE]'),
    })
  })

  it('wakes with the next login, and with nothing else, and goes on after a lost session', async () => {
    const tunnel = await opened()
    const {block, running, session} = tunnel
    const expectLogin = async (): Promise<void> =>
      expect(await pasted(block, `psql -w -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n', stderr: ''})
    sandbox.agents.terminate(session, 'Session timed out')
    await until('sleep', () => running.stderr().includes('prod-db is asleep'))
    expect(await send({path: tunnel.socket}, [Buffer.from('GET / HTTP/1.1\r\n\r\n')])).toMatchObject({how: 'ended'})
    expect(
      sandbox.sessions.all().filter(({reason}) => reason?.startsWith(`${tunnel.env['DBTUNNEL_REASON']} `)),
    ).toHaveLength(1)
    await expectLogin()
    const last = sandbox.sessions.open().at(-1)
    sandbox.agents.terminate(last?.id ?? '', 'gone')
    await expectLogin()
  })
})

describe('over TCP', () => {
  it('asks for the local password, which stays the same until it is renewed', async () => {
    const tunnel = await overTcp()
    const {block, port, env} = tunnel
    expect(block).toContain('export PGHOST=127.0.0.1;')
    expect(block).toContain(`export PGPORT=${port};`)
    expect(await pasted(block, `psql -w -Atc 'select current_user'`)).toMatchObject({
      status: 0,
      stdout: 'alice\n',
      stderr: '',
    })
    expect(await pasted(block, `psql -w -h localhost -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n'})
    expect(await pasted(block, `psql -w 'sslmode=prefer' -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n'})
    const file = (await pasted(block, 'printf %s "$PGPASSFILE"')).stdout
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const password = passwordIn(file)
    expect(password).toMatch(/^[0-9a-f]{32}$/)
    const client = pgClient({host: '127.0.0.1', port, user: 'alice', database: 'shop', password})
    await client.connect()
    expect((await client.query('select 7 as n')).rows).toEqual([{n: 7}])
    await client.end()

    const before = dialled(tunnel)
    expect(await pasted(block, `PGPASSFILE=/dev/null psql -w -c 'select 1'`)).toMatchObject({status: 2})
    expect(await pasted(block, `PGPASSWORD=wrong PGPASSFILE=/dev/null psql -w -c 'select 1'`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('password authentication failed for user "alice"'),
    })
    expect(dialled(tunnel)).toBe(before)
    // Not a token of IAM either.
    const token = (await run(['token', 'prod-db'], {env})).stdout.trim()
    expect(await pasted(block, `PGPASSWORD='${token}' PGPASSFILE=/dev/null psql -w -c 'select 1'`)).toMatchObject({
      status: 2,
    })

    const {stderr} = await stop(tunnel)
    expect(stderr).toContain('With --tcp the tunnel is closed after 12 h')
    expect(stderr).toMatch(/Refused 1 connection with another password than the local one/)
    const others = JSON.stringify(auditOf(tunnel)) + stderr + block
    expect(others).not.toContain(password)
    expect(auditOf(tunnel)).toEqual(
      expect.arrayContaining([expect.objectContaining({event: 'login', by: 'tcp', uid: process.getuid?.()})]),
    )

    const home = {HOME: env['HOME'] ?? ''}
    const again = await overTcp([], home)
    expect(passwordIn((await pasted(again.block, 'printf %s "$PGPASSFILE"')).stdout)).toBe(password)
    await stop(again)
    const renewed = await overTcp(['--new-password'], home)
    expect(passwordIn((await pasted(renewed.block, 'printf %s "$PGPASSFILE"')).stdout)).not.toBe(password)
    expect(await pasted(renewed.block, `psql -w -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n'})
  })

  it('resets a browser, and dials nothing for it', async () => {
    const tunnel = await overTcp()
    const before = dialled(tunnel)
    const {port, running} = tunnel
    for (const text of [
      'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'CONNECT db:5432 HTTP/1.1\r\n\r\n',
      'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n',
    ]) {
      expect(await send({port}, [Buffer.from(text)])).toEqual({received: Buffer.alloc(0), how: 'reset'})
    }
    expect(dialled(tunnel)).toBe(before)
    expect(running.stderr()).toMatch(
      /Reset 1 connection that did not ask for a login of prod-db \(node, uid \d+, pid \d+\)/,
    )
  })

  it.runIf(isRoot && process.platform === 'linux')(
    'lets the owner and root in, and no other user, socket and port',
    async () => {
      const port = await freePort()
      const env = asOrdinary({...sandbox.env(), DBTUNNEL_ENGINE: 'native', DBTUNNEL_LOCAL_PORT: String(port)})
      const tunnel = await opened(['--tcp'], {env, uid: NOBODY})
      expect(await pasted(tunnel.block, `psql -w -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n'})
      const before = dialled(tunnel)
      const stranger = otherUserCalls(tunnel.port, 3, STRANGER)
      expect(await stranger.fates).toEqual({ECONNRESET: 3})
      await stranger.leave()
      const attempt = `env -u PGSERVICE setpriv --reuid=${STRANGER} --clear-groups psql -w -h ${dirname(tunnel.socket)} -p 5432 -U alice -d shop -c 'select 1'`
      expect(await pasted('', attempt)).toMatchObject({status: 2, stderr: expect.stringContaining('Permission denied')})
      expect(dialled(tunnel)).toBe(before)
      expect(tunnel.running.stderr()).toContain(`another user's program (uid ${STRANGER}`)
    },
  )
})

describe('an impostor in the place of the database', () => {
  const stolen = (): readonly string[] => sandbox.database.impostorSaw().map(({password}) => password)

  it.each(QUESTIONS)('that is asked for a login and answers with %s gets no token', async (mode) => {
    const {block, running} = await opened()
    const before = stolen().length
    sandbox.database.setMode(HOST, mode)
    const login = await pasted(block, `psql -w -c 'select 1'`)
    expect(login).toMatchObject({status: 2, stderr: expect.stringContaining('FATAL:  dbtunnel: ')})
    sandbox.database.setMode(HOST, 'honest')
    // The one that asks rightly at first has had it for that question, and for no other.
    expect(
      stolen()
        .slice(before)
        .filter((text) => text.includes('X-Amz-')),
    ).toHaveLength(mode === 'two-questions' ? 1 : 0)
    await until('a line', () => running.stderr().includes('No login at prod-db'))
  })

  it.each(['other-name', 'other-authority', 'expired', 'self-signed', 'no-tls'] as const)(
    'whose certificate is wrong (%s) gets no token',
    async (mode) => {
      const tunnel = await openAutoLogin(sandbox)
      const before = stolen().length
      sandbox.database.setMode(HOST, mode)
      const {status, stderr} = await pasted(tunnel.block, `psql -w -c 'select 1'`)
      expect(status).toBe(2)
      expect(stderr).toMatch(mode === 'no-tls' ? /offers no TLS/ : /did not prove its identity/)
      sandbox.database.setMode(HOST, 'honest')
      expect(stolen().slice(before)).toEqual([])
      await stop(tunnel)
      await expectNothingOf(tunnel.env)
    },
  )
})

it('has no token and no password in a process, an environment or a file but the one for it', async () => {
  const tunnel = await overTcp()
  await pasted(tunnel.block, `psql -w -c 'select 1'`)
  const password = passwordIn((await pasted(tunnel.block, 'printf %s "$PGPASSFILE"')).stdout)
  const home = tunnel.env['HOME'] ?? ''
  const found = execFileSync('grep', ['-rlE', `${password}|X-Amz-Signature`, home])
    .toString()
    .trim()
    .split('\n')
    .sort()
  expect(found.map((path) => path.slice(home.length))).toEqual([
    expect.stringMatching(/\/passwords\/[0-9a-f]+$/),
    expect.stringMatching(/\/run\/prod-db\/passfile$/),
  ])
  const {pid} = tunnel.running.child
  for (const part of ['cmdline', 'environ'])
    expect(readFileSync(`/proc/${pid}/${part}`, 'latin1')).not.toContain(password)
  expect(readdirSync(join(home, '.local/state/dbtunnel/passwords'))).toHaveLength(1)
})
