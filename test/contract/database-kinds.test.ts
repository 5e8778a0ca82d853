import {existsSync, readdirSync} from 'node:fs'
import {dirname} from 'node:path'
import {describe, expect, it} from 'vitest'
import {terminalFor} from '../../src/clients/client-of.js'
import type {Connection} from '../../src/databases/connection.js'
import type {LocalLogin} from '../../src/databases/database-kind.js'
import {programEnvironment, shellEnvironment} from '../../src/databases/environment.js'
import {databaseKind, databaseKindAt, databaseKindOf} from '../../src/databases/kind-of.js'
import {kinds} from '../../src/databases/kinds.js'

const TOKEN = 'db.example.rds.amazonaws.com:1/?Action=connect&X-Amz-Signature=0a1b'

const login: LocalLogin = {
  endpoint: {host: 'db.example.rds.amazonaws.com', port: 1},
  region: 'eu-west-1',
  user: 'alice@example.com',
  localPort: 54321,
  database: 'app',
  authoritiesFile: '/run/x/authorities.pem',
}
const connection: Connection = {
  target: 'prod-db',
  host: login.endpoint.host,
  localPort: login.localPort,
  user: login.user,
  database: 'app',
  sslmode: 'verify-full',
  mapping: 'hosts',
  authoritiesFile: '/run/x/authorities.pem',
  homeFiles: [],
  loginFiles: {},
  readOnly: false,
}

it('are the folders of databases/, each under its own name', () => {
  const entries = readdirSync(new URL('../../src/databases/', import.meta.url), {withFileTypes: true})
  const folders = entries.filter((entry) => entry.isDirectory()).map(({name}) => name)
  const withKind = folders.filter((name) => existsSync(new URL(`../../src/databases/${name}/kind.ts`, import.meta.url)))
  expect(kinds.map(({id}) => id)).toEqual(withKind.sort())
})

it('of a host name whose port says nothing, one is the usual', () => {
  expect(kinds.filter(({isUsual}) => isUsual === 'everywhere')).toEqual([databaseKindAt(undefined)])
  expect(databaseKindAt(1)).toBe(databaseKindAt(undefined))
})

describe.each([...kinds])('$id', (kind) => {
  it('is found by its own id, and by no other kind’s; by its port where it is the usual one there', () => {
    expect(databaseKindOf(kind.id)).toBe(kind)
    expect(databaseKind(kind.id)).toBe(kind)
    const usual = databaseKindAt(kind.defaultPort)
    expect(usual.defaultPort).toBe(kind.defaultPort)
    if (kind.isUsual) expect(usual).toBe(kind)
    for (const other of kinds) if (other !== kind) expect(kind.matches(other.id)).toBe(false)
  })

  it.runIf(kind.loginCheck)('has a client with a prompt, which can check a login', async () => {
    const client = await terminalFor(kind.id)
    expect(() => client.read([], {user: 'alice', database: kind.defaultDatabase})).not.toThrow()
    expect(kind.loginCheck?.argv.length).toBeGreaterThan(0)
    expect(kind.loginCheck?.read({code: null, stdout: '', stderr: ''})).toMatchObject({kind: 'failed'})
  })

  it('keeps the token in its files, and out of variables and the URL', () => {
    const texts = kind.loginFiles(login, TOKEN)
    const loginFiles = Object.fromEntries(Object.keys(texts).map((name) => [name, `/run/x/${name}`]))
    expect(Object.values(texts).join()).toContain('X-Amz-Signature=0a1b')
    const shown = {...connection, loginFiles}
    const environment = programEnvironment(kind, {PATH: '/bin'}, shown)
    expect(JSON.stringify(environment)).not.toContain('X-Amz-Signature')
    expect(new URL(kind.url(shown, {})).password).toBe('')
    // A file, or the folder that clients look for it in.
    for (const path of Object.values(loginFiles)) {
      expect(Object.values(environment).some((value) => value === path || value === dirname(path))).toBe(true)
    }
  })

  it('lets none of the user’s own variables lead elsewhere', () => {
    const names = [...Object.keys(kind.variables(connection, {})), ...kind.inTheWay]
    for (const name of names) {
      expect(kind.ownsVariable(name)).toBe(true)
      const environment = programEnvironment(kind, {[name]: 'elsewhere'}, connection)
      if (!kind.isHarmless(name)) expect(environment[name]).not.toBe('elsewhere')
    }
    expect(kind.ownsVariable('PATH')).toBe(false)
  })

  it('has nothing but its own variables for a shell, and one for programs that take a URL', () => {
    const {DBTUNNEL_URL, ...others} = shellEnvironment(kind, {}, connection)
    expect(DBTUNNEL_URL).toBe(kind.url(connection, {}))
    for (const name of Object.keys(others)) expect(kind.ownsVariable(name)).toBe(true)
  })

  it.runIf(kind.takesSettings)('has other variables for a session that begins read-only', () => {
    expect(kind.variables({...connection, readOnly: true}, {})).not.toEqual(kind.variables(connection, {}))
  })

  it('quotes a user’s name in its statements, and says of each refusal what it is', () => {
    const [create, allow] = kind.grants(`x"';--`)
    for (const statement of [create, allow]) expect(statement).toMatch(/;$/)
    expect(create).not.toContain(`x"';--`)
    for (const why of ['refused-by-iam', 'asked-for-password', 'failed'] as const) {
      const attempt = {user: 'alice', region: 'eu-west-1'}
      expect(kind.explainRefusal({kind: why, words: 'no'}, attempt)).toMatchObject({code: 'LOGIN_REFUSED'})
    }
  })
})

it('know RDS’s words for what they are, and nothing that cannot be opened', () => {
  for (const word of ['postgres', 'aurora-postgresql']) expect(databaseKindOf(word)?.id).toBe('postgres')
  for (const word of ['mysql', 'aurora-mysql']) expect(databaseKindOf(word)?.id).toBe('mysql')
  expect(databaseKindOf('mariadb')?.id).toBe('mariadb')
  for (const word of ['sqlserver-ex', 'oracle-ee', 'constructor', '']) {
    expect(databaseKindOf(word)).toBeUndefined()
  }
})
