import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import type {Checkup} from '../../src/core/results/checkup.js'
import type {Listing} from '../../src/core/results/database-listing.js'
import {MACHINE} from '../sandbox/account.js'
import {hasMariadb} from '../sandbox/installed.js'
import {type Sandbox} from '../sandbox/sandbox.js'
import {type Ended, run, type Running, start} from '../support/dbtunnel.js'
import {pasted} from '../support/pasted.js'
import {until} from '../support/until.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

const IS_ROOT = process.getuid?.() === 0
const hostOf = (id: string): string => `${id}.c9akciq32rgw.eu-west-1.rds.amazonaws.com`

/** With which databases, and as what they are called. */
const ENGINES = [
  ['shop-db', 'MySQL 8.0'],
  ['wiki-mysql', 'MySQL 8.4'],
  ['blog-db', 'MariaDB'],
] as const

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

const environment = (change: Record<string, string> = {}): Record<string, string> => ({
  ...sandbox.env(),
  DBTUNNEL_RESOLVE: 'hostaddr',
  DBTUNNEL_ENGINE: 'native',
  ...change,
})
const dbtunnel = (words: readonly string[], change?: Record<string, string>): Promise<Ended> =>
  run(words, {env: environment(change)})

/** `dbtunnel exec`: the tunnel is opened, the database asked, and a program of the user's run. */
const reach = (words: readonly string[], change?: Record<string, string>): Promise<Ended> =>
  dbtunnel(['exec', ...words, '--', 'sh', '-c', 'echo $DBTUNNEL_USER at $DBTUNNEL_HOST'], change)

it('token: signs for a MySQL database', async () => {
  const {status, stdout} = await dbtunnel(['token', 'shop-db'])
  expect(status).toBe(0)
  expect(stdout).toMatch(new RegExp(`^${hostOf('shop-db')}:3306/\\?Action=connect&DBUser=alice&.*\n$`))
})

it('list: shows them as databases that it supports', async () => {
  const {databases} = JSON.parse((await dbtunnel(['list', '--json'])).stdout) as Listing
  for (const target of ['shop-db', 'wiki-mysql', 'blog-db', 'carts', 'carts:reader', 'carts:checkout']) {
    expect(databases.find((one) => one.target === target)).toMatchObject({supported: true})
  }
})

it('a user with too long a name is refused before anything is opened', async () => {
  const before = sandbox.sessions.all().length
  const user = 'a.very.long.name.of.a.person@example.com'
  for (const words of [
    ['token', 'shop-db', '-U', user],
    ['open', 'shop-db', '-U', user],
  ]) {
    const refused = await dbtunnel(words)
    expect(refused).toMatchObject({status: 64, stdout: ''})
    expect(refused.stderr).toMatch(/\[VALUE_INVALID\]/)
  }
  expect(sandbox.sessions.all()).toHaveLength(before)
})

it('a client of PostgreSQL’s is refused before anything is opened', async () => {
  const before = sandbox.sessions.all().length
  for (const words of [
    ['psql', 'shop-db', '-c', 'select 1'],
    ['exec', 'shop-db', '--', 'psql'],
  ]) {
    const refused = await dbtunnel(words)
    expect(refused).toMatchObject({status: 64, stdout: ''})
    expect(refused.stderr).toMatch(/psql.*\[CLIENT_MISMATCH\]/s)
  }
  expect(sandbox.sessions.all()).toHaveLength(before)
})

it('--read-only cannot be kept, and is refused before anything is opened', async () => {
  const before = sandbox.sessions.all().length
  const refused = await dbtunnel(['open', 'shop-db', '--read-only'])
  expect(refused).toMatchObject({status: 64, stdout: ''})
  expect(refused.stderr).toMatch(/read-only.*\[VALUE_INVALID\]/s)
  expect(sandbox.sessions.all()).toHaveLength(before)
})

describe.skipIf(!hasMariadb())('with a real server behind', () => {
  it.each(ENGINES)('doctor %s (%s): logs in by IAM, and leaves no connection half made', async (target) => {
    const {status, stdout, stderr} = await dbtunnel(['doctor', target, '--json'])
    const {hops} = JSON.parse(stdout) as Checkup
    expect(hops.find(({id}) => id === 'rds-iam')).toMatchObject({
      status: 'ok',
      detail: 'alice has the plugin AWSAuthenticationPlugin',
    })
    expect(hops.find(({id}) => id === 'login')).toMatchObject({status: 'ok'})
    expect({status, stderr, failed: hops.filter((hop) => hop.status === 'fail')}).toMatchObject({status: 0, failed: []})
    expect(sandbox.database.logins().at(-1)).toMatchObject({host: hostOf(target), user: 'alice', outcome: 'in'})
    expect(sandbox.database.abortedConnects(hostOf(target))).toBe(0)
  })

  it.runIf(IS_ROOT).each(ENGINES)('open %s (%s): its lines let a real client of MariaDB in', async (target) => {
    const tunnel = start(['open', target, '--resolve', 'hosts'], {env: environment(), detached: true})
    try {
      await opened(tunnel)
      const command = 'mariadb -N -e "select current_user(), database(); show status like \'Ssl_cipher\'"'
      const login = await pasted(tunnel.stdout(), command, {MYSQL_PWD: 'wrong', MYSQL_HOST: 'elsewhere.invalid'})
      expect(login).toMatchObject({status: 0, stderr: ''})
      expect(login.stdout).toMatch(/^alice@%\t(shop|wiki|blog)\n/)
      expect(sandbox.database.logins().at(-1)).toMatchObject({host: hostOf(target), outcome: 'in'})

      // What they lead to: an option file that has the database verified, and the token in no variable.
      const folder = /^export MYSQL_HOME=(\S+);$/m.exec(tunnel.stdout())?.[1] ?? ''
      expect(readFileSync(join(folder, 'my.cnf'), 'utf8')).toMatch(/^ssl-verify-server-cert$/m)
      expect(tunnel.stdout() + tunnel.stderr()).not.toContain('X-Amz-')
    } finally {
      tunnel.child.kill('SIGINT')
      await tunnel.ended
    }
  })

  it.runIf(IS_ROOT)(
    'exec: a program of MySQL’s finds its way with no further word, and no token in its environment',
    async () => {
      const words = ['exec', 'shop-db', '--resolve', 'hosts', '--', 'sh', '-c', 'env; mariadb -N -e "select 40 + 2"']
      const {status, stdout} = await dbtunnel(words)
      expect(status).toBe(0)
      expect(stdout).toMatch(/^42$/m)
      expect(stdout).not.toContain('X-Amz-')
      expect(stdout).toMatch(/^DBTUNNEL_URL=mysql:\/\/alice@shop-db\.[^:]+:\d+\/shop\?ssl-mode=VERIFY_IDENTITY&/m)
    },
  )

  it('opens the writer, the reader and a custom endpoint of an Aurora cluster', async () => {
    const hosts: Record<string, string> = {
      carts: 'carts.cluster-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
      'carts:reader': 'carts.cluster-ro-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
      'carts:checkout': hostOf('carts-2'),
    }
    for (const [target, host] of Object.entries(hosts)) {
      expect(await reach([target])).toMatchObject({status: 0, stdout: `alice at ${host}\n`})
      expect(sandbox.database.logins().at(-1)).toMatchObject({host, outcome: 'in'})
    }
  })

  it.each<[string, string[], number, string, RegExp]>([
    [
      'a user without the plugin',
      ['shop-db', '-U', 'password_only'],
      77,
      'LOGIN_REFUSED',
      /CREATE USER 'password_only' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS';/,
    ],
    [
      'a user that is not there, of MySQL 8.4',
      ['wiki-mysql', '-U', 'nobody'],
      77,
      'LOGIN_REFUSED',
      /did not ask IAM about nobody/,
    ],
    ['someone that IAM does not allow', ['shop-db', '-U', 'bob'], 77, 'LOGIN_REFUSED', /"rds-db:connect"/],
    ['IAM login off, as RDS says', ['legacy-mysql'], 69, 'IAM_LOGIN_OFF', /aws rds modify-db-instance/],
    [
      'IAM login off, as the database says',
      [`${hostOf('legacy-mysql')}:3306`, '-U', 'alice', '--bastion', MACHINE.bastionA],
      69,
      'IAM_LOGIN_OFF',
      /1524/,
    ],
  ])('%s: says what it is, before any program is started', async (_title, words, status, code, hint) => {
    const host = words[0]?.includes(':') ? hostOf('legacy-mysql') : hostOf(words[0] ?? '')
    const refused = await reach(words)
    expect(refused).toMatchObject({status, stdout: ''})
    expect(refused.stderr).toContain(`[${code}]`)
    expect(refused.stderr).toMatch(hint)
    expect(sandbox.database.abortedConnects(host)).toBe(0)
  })

  it('has no room, or has locked the bastion out: says so, and how to mend it', async () => {
    const {database} = sandbox
    database.setMode(hostOf('wiki-mysql'), 'full')
    const full = await reach(['wiki-mysql'])
    database.setMode(hostOf('wiki-mysql'), 'honest')
    expect(full.status).toBe(69)
    expect(full.stderr).toMatch(/1040.*\[DATABASE_UNAVAILABLE\]/s)

    const [host, port] = [hostOf('carts-2'), (await database.portOf(hostOf('carts-2'), 3306)) ?? 0]
    while (database.abortedConnects(host) < 100) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'data')
      socket.destroy()
      await once(socket, 'close')
    }
    const lockedOut = await reach(['carts-2'])
    expect(lockedOut.status).toBe(69)
    expect(lockedOut.stderr).toMatch(/1129.*\[DATABASE_UNAVAILABLE\].*--bastion/s)
  })

  it('an impostor gets no token, whatever it shows or asks for', async () => {
    const {database} = sandbox
    const host = hostOf('carts-1')
    const modes = {
      'other-name': 'TLS_IDENTITY',
      'other-authority': 'TLS_IDENTITY',
      expired: 'TLS_IDENTITY',
      'self-signed': 'TLS_IDENTITY',
      'no-tls': 'PROTOCOL',
    } as const
    for (const [mode, code] of Object.entries(modes) as [keyof typeof modes, string][]) {
      database.setMode(host, mode)
      const {status, stderr} = await reach(['carts-1'])
      expect({mode, status, code: /\[(\w+)\]/.exec(stderr)?.[1]}).toEqual({mode, status: 76, code})
    }
    for (const asks of [
      'dialog',
      'sha256_password',
      'caching_sha2_password',
      'mysql_native_password',
      'mysql_old_password',
    ]) {
      database.setMode(host, {asks})
      expect((await reach(['carts-1'])).status).toBe(77)
    }
    database.setMode(host, 'honest')
    const stolen = database.impostorSaw().filter((theft) => theft.host === host)
    expect(stolen.filter(({password}) => password !== '')).toEqual([])
  })
})

async function opened(tunnel: Running): Promise<void> {
  const early = tunnel.ended.then(({stderr}) => {
    throw new Error(`ended too early: ${stderr}`)
  })
  await Promise.race([until('the block', () => /DBTUNNEL_URL.*\n/.test(tunnel.stdout())), early])
  early.catch(() => {})
}
