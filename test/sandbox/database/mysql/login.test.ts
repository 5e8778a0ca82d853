import {once} from 'node:events'
import {connect} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {type SandboxDatabase, startDatabase} from '../database.js'
import {type Endpoint} from '../endpoint.js'
import {MINUTE, optionsFor, prod, tokenFor} from '../fixture.js'
import {mariadb, type MariadbResult} from './client.js'
import {parseGreeting} from './handshake.js'
import {readPacket} from './packets.js'
import {hasMariadb} from './programs.js'

const [, DOMAIN] = prod.host.split(/\.(.*)/s)

/** Its certificate names localhost, too, so that a real client can compare it. */
function endpoint(id: string, change: Partial<Endpoint>): Endpoint {
  const host = `${id}.${DOMAIN}`
  return {...prod, host, port: 3306, names: [host, 'localhost'], databaseName: 'shop', ...change}
}

const shop = endpoint('shop-db', {mysql: {family: 'mysql', version: '8.0.39'}})
const wiki = endpoint('wiki-mysql', {mysql: {family: 'mysql', version: '8.4.3'}})
const blog = endpoint('blog-db', {mysql: {family: 'mariadb', version: '10.11.8'}, databaseName: 'blog'})
const iamOff = endpoint('legacy-mysql', {mysql: {family: 'mysql', version: '8.0.35'}, iamLogin: false})
const ALL = [shop, wiki, blog, iamOff]

const tokenOf = ({host, port}: Endpoint, user = 'alice', signedAt = Date.now()): string =>
  tokenFor({host, port, signedAt}, user)

describe.skipIf(!hasMariadb())('MySQL and MariaDB as RDS has them', {timeout: 30_000}, () => {
  let database: SandboxDatabase

  beforeAll(async () => {
    database = await startDatabase(optionsFor(ALL))
  }, 60_000)
  afterEach(() => {
    for (const {host} of ALL) database.setMode(host, 'honest')
  })
  afterAll(() => database.close())

  const portOf = async ({host, port}: Endpoint): Promise<number> => (await database.portOf(host, port)) ?? 0
  const client = async (at: Endpoint, change: Partial<Parameters<typeof mariadb>[0]> = {}): Promise<MariadbResult> =>
    mariadb({port: await portOf(at), password: tokenOf(at), sql: 'select 1', caFile: database.caFile, ...change})

  it.each([
    [shop, '8.0.39', 'mysql_native_password'],
    [wiki, '8.4.3', 'caching_sha2_password'],
    [blog, '10.11.8-MariaDB-log', 'mysql_native_password'],
  ])('greets as the version that $host has, offering TLS, and lets a real client in', async (at, version, plugin) => {
    const greeting = await greetingOf(await portOf(at))
    expect(greeting).toMatchObject({version, plugin})
    expect(greeting.capabilities & 0x800).not.toBe(0)

    const result = await client(at, {
      database: at.databaseName,
      sql: "select current_user(), database(); show variables like 'datadir'",
    })
    expect(result).toMatchObject({status: 0, stderr: ''})
    expect(result.stdout).toMatch(new RegExp(`^alice@%\t${at.databaseName}\n`))
    expect(database.logins().at(-1)).toMatchObject({host: at.host, user: 'alice', outcome: 'in'})
  })

  it('passes all through: large results, changes, and errors of the database', async () => {
    const made =
      'create table if not exists t (a longtext); delete from t; insert into t values (repeat(char(97), 5000000))'
    expect(await client(shop, {database: 'shop', sql: made})).toMatchObject({status: 0, stderr: ''})
    const read = await client(shop, {database: 'shop', sql: 'select a from t', options: ['--max-allowed-packet=64M']})
    expect(read.stdout).toBe('a'.repeat(5_000_000))
    expect(await client(shop, {database: 'nowhere'})).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^ERROR \d+ \(\w+\):? .*nowhere/) as string,
    })
  })

  it('lets Ctrl-C kill the query that runs, by a second connection', async () => {
    const result = await client(shop, {
      sql: 'select sleep(60)',
      onStart: (signal) => {
        const sql = "select count(*) from information_schema.processlist where info = 'select sleep(60)'"
        const whenItRuns = async (): Promise<void> => {
          while ((await client(shop, {sql})).stdout !== '1') await sleep(20)
          signal('SIGINT')
        }
        void whenItRuns()
      },
    })
    expect(result).toMatchObject({status: 1, stderr: expect.stringMatching(/^ERROR 1317 .*interrupted/) as string})
  })

  it.each<[string, Endpoint, Partial<Parameters<typeof mariadb>[0]>, RegExp]>([
    ['an expired token', shop, {password: tokenOf(shop, 'alice', Date.now() - 16 * MINUTE)}, /^ERROR 1045 \(28000\)/],
    ['a token for another database', shop, {password: tokenOf(wiki)}, /^ERROR 1045 .*\(using password: YES\)/],
    ['no token', shop, {password: ''}, /^ERROR 1045 .*\(using password: NO\)/],
    ['a user without the plugin', shop, {user: 'carol', password: tokenOf(shop, 'carol')}, /^ERROR 1045 .*'carol'@/],
    ['a user that is not there', wiki, {user: 'nobody', password: tokenOf(wiki, 'nobody')}, /^ERROR 1045 .*'nobody'@/],
    ['someone without permission', shop, {user: 'bob', password: tokenOf(shop, 'bob')}, /^ERROR 1045 .*'bob'@/],
    ['IAM login off', iamOff, {}, /^ERROR 1524 \(HY000\): Plugin 'AWSAuthenticationPlugin' is not loaded/],
  ])('refuses %s as RDS does', async (_title, at, change, words) => {
    const result = await client(at, change)
    expect(result.stderr).toMatch(words)
    expect(result.status).toBe(1)
    expect(database.logins().at(-1)).toMatchObject({host: at.host, outcome: 'refused'})
  })

  it('refuses a client without TLS, and one too many', async () => {
    const inClear = {port: await portOf(shop), password: tokenOf(shop), sql: 'select 1', options: ['--skip-ssl']}
    expect((await mariadb(inClear)).stderr).toMatch(/^ERROR 3159 \(HY000\): Connections using/)
    database.setMode(shop.host, 'full')
    expect((await client(shop)).stderr).toMatch(/1040 - Too many connections/)
  })

  it('locks out whoever leaves a hundred times before its login; one login before that forgives all', async () => {
    const leave = async (times: number): Promise<void> => {
      const before = database.abortedConnects(blog.host)
      for (let time = 0; time < times; time++) await greetingOf(await portOf(blog))
      while (database.abortedConnects(blog.host) < before + times) await sleep(10)
    }
    expect((await client(blog)).stdout).toBe('1')
    await leave(99)
    expect((await client(blog)).stdout).toBe('1')
    expect(database.abortedConnects(blog.host)).toBe(0)
    await leave(100)
    expect((await client(blog)).stderr).toMatch(/1129 - Host .* is blocked because of many connection errors/)
  })

  it.each([
    ['other-name', /ERROR 2026/],
    ['other-authority', /ERROR 2026/],
    ['expired', /ERROR 2026/],
    ['not-yet-valid', /ERROR 2026/],
    ['self-signed', /ERROR 2026/],
    ['no-tls', /ERROR 2026 .*the server does not support it/],
  ] as const)(
    '%s: an impostor gets no token from a client that verifies, and keeps a careless one’s',
    async (mode, words) => {
      database.setMode(shop.host, mode)
      const seen = database.impostorSaw().length
      const password = tokenOf(shop)
      expect((await client(shop, {password})).stderr).toMatch(words)
      expect(database.impostorSaw()).toHaveLength(seen)
      await mariadb({port: await portOf(shop), password, sql: 'select 1', options: ['--ssl']})
      expect(database.impostorSaw().slice(seen)).toContainEqual({host: shop.host, user: 'alice', password})
    },
  )

  it('an impostor may ask for any proof, and keeps it', async () => {
    database.setMode(wiki.host, {asks: 'dialog'})
    const seen = database.impostorSaw().length
    expect((await client(wiki)).status).toBe(1)
    database.setMode(wiki.host, {asks: 'mysql_native_password'})
    await client(wiki)
    expect(database.impostorSaw().length).toBeGreaterThan(seen)
  })

  it('comes back with its data at the same ports', async () => {
    await client(shop, {database: 'shop', sql: 'create table kept (a int); insert into kept values (42)'})
    const port = await portOf(shop)
    await database.restart()
    expect(await portOf(shop)).toBe(port)
    expect(await client(shop, {database: 'shop', sql: 'select * from kept'})).toMatchObject({status: 0, stdout: '42'})
  })
})

async function greetingOf(port: number): Promise<ReturnType<typeof parseGreeting>> {
  const socket = connect(port, '127.0.0.1')
  const closed = once(socket, 'close')
  const first = await readPacket(socket)
  socket.destroy()
  await closed
  return parseGreeting(first?.payload ?? Buffer.alloc(0))
}
