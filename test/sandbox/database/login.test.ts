import {Signer} from '@aws-sdk/rds-signer'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type SandboxDatabase, startDatabase} from './database.js'
import {custom, iamOff, keys, MINUTE, optionsFor, otherPort, prod, REGION, tokenFor} from './fixture.js'
import {startup} from './messages.js'
import {psql, type PsqlResult} from './psql.js'
import {cancelRequest, GSS_REQUEST, login, message, SSL_REQUEST, Wire} from './wire.js'

let database: SandboxDatabase

beforeAll(async () => {
  database = await startDatabase(optionsFor([prod, iamOff, otherPort, custom]))
}, 30_000)

afterAll(() => database.close())

const lastLogin = () => database.logins().at(-1)

const portOf = async (endpoint = prod): Promise<number> => (await database.portOf(endpoint.host, endpoint.port)) ?? 0

describe('psql with a good token', {timeout: 20_000}, () => {
  it("logs in through verified TLS with a token of AWS's own signer", async () => {
    const signer = new Signer({
      hostname: prod.host,
      port: prod.port,
      username: 'alice',
      region: REGION,
      credentials: {
        accessKeyId: keys.temporary.id,
        secretAccessKey: keys.temporary.secret,
        sessionToken: keys.temporary.session,
      },
    })
    const before = Date.now()
    const sql = `select current_user, session_user, current_database(), pg_has_role('rds_iam', 'member'),
      current_setting('is_superuser'), current_setting('sandbox.tls_version'), current_setting('sandbox.server_name')`
    const result = await psql(database, {endpoint: prod, password: await signer.getAuthToken(), sql})
    expect(result).toEqual({status: 0, stdout: `alice|alice|app|t|off|TLSv1.3|${prod.host}`, stderr: ''})
    expect(lastLogin()).toEqual({at: expect.any(Number), host: prod.host, user: 'alice', outcome: 'in'})
    expect(lastLogin()?.at).toBeGreaterThanOrEqual(before)
  })

  it('is told the TLS version that its own connection has', async () => {
    const result = await psql(database, {
      endpoint: prod,
      password: tokenFor(),
      sql: "select current_setting('sandbox.tls_version')",
      settings: {ssl_max_protocol_version: 'TLSv1.2'},
      environment: {PGOPTIONS: '-c sandbox.tls_version=forged'},
    })
    expect(result.stdout).toBe('TLSv1.2')

    const client = await Wire.openTls(await portOf())
    await client.logIn('alice', 'app', tokenFor(), ['sandbox.tls_version', 'forged'])
    client.write(message('Q', "select current_setting('sandbox.tls_version') || ' seen'"))
    await client.until((received) => received.includes('TLSv1.3 seen'))
    client.stream.destroy()
  })

  it('keeps its own options', async () => {
    const result = await psql(database, {
      endpoint: prod,
      password: tokenFor(),
      sql: "select current_setting('work_mem'), current_setting('application_name')",
      settings: {application_name: 'dbtunnel-test'},
      environment: {PGOPTIONS: '-c work_mem=5MB'},
    })
    expect(result.stdout).toBe('5MB|dbtunnel-test')
  })

  it("gets PostgreSQL's own errors", async () => {
    const missing = await psql(database, {endpoint: prod, password: tokenFor(), settings: {dbname: 'nowhere'}})
    expect(missing).toMatchObject({status: 2, stdout: ''})
    expect(missing.stderr).toContain('FATAL:  database "nowhere" does not exist')
    const failed = await psql(database, {endpoint: prod, password: tokenFor(), sql: 'select 1/0'})
    expect(failed).toMatchObject({status: 1, stderr: 'ERROR:  division by zero\n'})
  })

  it('reaches an endpoint on another port, and one that the server does not know by name', async () => {
    const odd = await psql(database, {
      endpoint: otherPort,
      password: tokenFor({host: otherPort.host, port: otherPort.port}),
      sql: 'select current_database()',
    })
    expect(odd.stdout).toBe('odd')
    const refused = await psql(database, {endpoint: custom, password: tokenFor({host: custom.host})})
    expect(refused.stderr).toContain(`does not match host name "${custom.host}"`)
  })

  it('carries megabytes both ways, whole', async () => {
    const rows = Array.from({length: 80_000}, (_, index) => `${index} ${'x'.repeat(90)}\n`).join('')
    const sql = 'create temp table t (line text)'
    const result = await psql(database, {
      endpoint: prod,
      password: tokenFor(),
      sql: `${sql}; copy t from stdin; copy t to stdout`,
      input: rows,
    })
    expect(result.stderr).toBe('')
    expect(`${result.stdout}\n` === rows).toBe(true)
  })

  it('cancels a query with Ctrl-C', async () => {
    const result = await psql(database, {
      endpoint: prod,
      password: tokenFor(),
      sql: `set application_name = 'to-cancel'; select pg_sleep(60)`,
      onStart: (signal) => void untilRunning('to-cancel').then(() => signal('SIGINT')),
    })
    expect(result).toEqual({status: 1, stdout: '', stderr: 'Cancel request sent\n'})
  })
})

describe('psql with a bad token', {timeout: 20_000}, () => {
  const {temporary, powerless} = keys

  it.each<[string, Parameters<typeof tokenFor>[0], string]>([
    ['signed with another secret', {secretKey: 'guessed'}, 'wrong signature'],
    ['for another host', {host: otherPort.host}, `signed for host ${otherPort.host}`],
    ['for another user', {fields: {DBUser: 'bob'}}, 'signed for user bob'],
    ['that is too old', {signedAt: Date.now() - 16 * MINUTE}, 'expired'],
    ['without its session token', {accessKeyId: temporary.id, secretKey: temporary.secret}, 'wrong session token'],
    [
      'of someone without permission',
      {accessKeyId: powerless.id, secretKey: powerless.secret},
      `no rds-db:connect on ${prod.resourceId}/alice`,
    ],
  ])('is refused when it is one %s, and never told why', async (_title, change, reason) => {
    expectRefusal(await psql(database, {endpoint: prod, password: tokenFor(change)}), 'alice')
    expect(lastLogin()).toMatchObject({host: prod.host, user: 'alice', outcome: 'refused', reason})
  })

  it('is refused where IAM login is off, and without rds_iam, and as the superuser', async () => {
    expectRefusal(await psql(database, {endpoint: iamOff, password: tokenFor({host: iamOff.host})}), 'alice')
    for (const user of ['carol', 'mallory', 'rdsadmin']) {
      expectRefusal(await psql(database, {endpoint: prod, user, password: tokenFor({}, user)}), user, 'password')
    }
  })

  function expectRefusal(result: PsqlResult, user: string, by = 'PAM'): void {
    expect(result).toMatchObject({status: 2, stdout: ''})
    expect(result.stderr).toMatch(new RegExp(`: FATAL:  ${by} authentication failed for user "${user}"\n$`))
  }
})

describe('the front', {timeout: 20_000}, () => {
  it('refuses a client that comes in clear, without asking for its password', async () => {
    const result = await psql(database, {endpoint: prod, password: tokenFor(), settings: {sslmode: 'disable'}})
    expect(result).toMatchObject({status: 2, stdout: ''})
    expect(result.stderr).toContain(
      'FATAL:  no pg_hba.conf entry for host "127.0.0.1", user "alice", database "app", no encryption',
    )
    expect(lastLogin()).toMatchObject({user: 'alice', outcome: 'refused', reason: 'no encryption'})
  })

  it('speaks no GSSAPI but TLS', async () => {
    const client = await Wire.open(await portOf())
    client.write(GSS_REQUEST)
    await client.until((received) => received.toString() === 'N')
    client.write(SSL_REQUEST)
    await client.until((received) => received.toString() === 'NS')
    client.stream.destroy()
  })

  it('drops a client that speaks before TLS has begun, or begins with it, or is no client at all', async () => {
    const openings = [
      Buffer.concat([SSL_REQUEST, login('alice', 'app')]),
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(8),
      startup(0x20000, [['user', 'alice']]),
    ]
    for (const opening of openings) {
      const client = await Wire.open(await portOf())
      client.write(opening)
      expect((await client.toEnd()).toString()).toBe('')
    }
  })

  it.each(['in clear', 'inside TLS'])('passes a cancel request on that comes %s', async (way) => {
    const client = await Wire.openTls(await portOf())
    await client.logIn('alice', 'app', tokenFor())
    const name = `to-cancel ${way}`
    client.write(message('Q', `set application_name = '${name}'; select pg_sleep(60)`))
    await untilRunning(name)

    const second = way === 'in clear' ? await Wire.open(await portOf()) : await Wire.openTls(await portOf())
    second.write(cancelRequest(client.received))
    expect((await second.toEnd()).toString()).toBe('')
    await client.until((received) => received.includes('canceling statement due to user request'))
    client.stream.destroy()
  })

  it('delivers what was under way when the client has ended its side', async () => {
    const client = await Wire.openTls(await portOf())
    await client.logIn('alice', 'app', tokenFor())
    client.stream.end(message('Q', "select repeat('x', 3000000), 'the end'"))
    const received = await client.toEnd()
    expect(received.length).toBeGreaterThan(3_000_000)
    expect(received.includes('the end')).toBe(true)
  })

  it('ends the session at PostgreSQL when the client is gone', async () => {
    const client = await Wire.openTls(await portOf())
    await client.logIn('alice', 'app', tokenFor())
    client.write(message('Q', "set application_name = 'to-vanish'"))
    const count = async () =>
      (await database.query("select 1 from pg_stat_activity where application_name = 'to-vanish'")).length
    while ((await count()) === 0);
    client.stream.destroy()
    while ((await count()) > 0);
  })

  it('knows its endpoints by name and port alone', async () => {
    expect(await database.portOf('unknown.example.com', 5432)).toBeUndefined()
    expect(await database.portOf(prod.host, 5433)).toBeUndefined()
    expect(await database.portOf(prod.host.toUpperCase(), 5432)).toBe(await portOf())
  })
})

/** Waits until a session of this application name has its query running. */
async function untilRunning(name: string): Promise<void> {
  const sql = `select 1 from pg_stat_activity where application_name = '${name}' and wait_event = 'PgSleep'`
  while ((await database.query(sql)).length === 0);
}
