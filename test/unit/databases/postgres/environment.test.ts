import {describe, expect, it} from 'vitest'
import type {Connection} from '../../../../src/databases/connection.js'
import {
  clientEnvironment as clientEnvironmentOf,
  programEnvironment as programEnvironmentOf,
} from '../../../../src/databases/environment.js'
import {postgres} from '../../../../src/databases/postgres/kind.js'
import {GUARD_OPTIONS} from '../../../../src/databases/postgres/guard-rails.js'

type Inherited = Readonly<Record<string, string | undefined>>
const clientEnvironment = (inherited: Inherited, to: Connection) => clientEnvironmentOf(postgres, inherited, to)
const programEnvironment = (inherited: Inherited, to: Connection) => programEnvironmentOf(postgres, inherited, to)

const connection: Connection = {
  target: 'prod-db',
  host: 'prod-db.abc.eu-west-1.rds.amazonaws.com',
  localPort: 54321,
  user: 'alice@example.com',
  database: 'app',
  sslmode: 'verify-full',
  mapping: 'hosts',
  authoritiesFile: '/run/x/authorities.pem',
  homeFiles: [],
  loginFiles: {passfile: '/run/x/passfile'},
  readOnly: false,
}

const ours = {
  PGHOST: 'prod-db.abc.eu-west-1.rds.amazonaws.com',
  PGPORT: '54321',
  PGUSER: 'alice@example.com',
  PGDATABASE: 'app',
  PGSSLMODE: 'verify-full',
  PGSSLROOTCERT: '/run/x/authorities.pem',
  PGGSSENCMODE: 'disable',
  PGPASSFILE: '/run/x/passfile',
  PGAPPNAME: 'dbtunnel:prod-db',
}

const AWS_SECRETS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
  AWS_SECURITY_TOKEN: 'token',
  AWS_ACCESS_KEY: 'AKIDEXAMPLE',
  AWS_SECRET_KEY: 'secret',
  AWS_BEARER_TOKEN_BEDROCK: 'token',
  AWS_CONTAINER_AUTHORIZATION_TOKEN: 'token',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/t',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/0a',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/t',
  AWS_SOMETHING_NEW: 'secret',
}

describe('clientEnvironment', () => {
  it('is the connection, and nothing more', () => {
    expect(clientEnvironment({}, connection)).toEqual(ours)
  })

  it('names files that are not there only where libpq would read the user’s own: other drivers fail at them', () => {
    const homeFiles = ['.postgresql/postgresql.crt', '.postgresql/root.crl']
    expect(postgres.homeFiles).toEqual(homeFiles)
    const inTheirPlace = {PGSSLCERT: '/run/x/no-certificate', PGSSLCRL: '/run/x/no-revocations'}
    expect(clientEnvironment({}, {...connection, homeFiles})).toEqual({...ours, ...inTheirPlace})
  })

  it('names the address only when the hosts file does not', () => {
    expect(clientEnvironment({}, {...connection, mapping: 'hostaddr'})).toEqual({...ours, PGHOSTADDR: '127.0.0.1'})
  })

  it('drops every PG variable of the user but the five harmless ones', () => {
    const harmful = {
      PGSERVICE: 'x',
      PGSERVICEFILE: '/x',
      PGSYSCONFDIR: '/x',
      PGHOSTADDR: '10.0.0.1',
      PGPASSWORD: 'x',
      PGSSLMODE: 'disable',
      PGREQUIRESSL: '0',
      PGSSLCERT: '/x',
      PGSSLCRL: '/x',
      PGREQUIREPEER: 'x',
      PGCHANNELBINDING: 'x',
      PGTARGETSESSIONATTRS: 'x',
      PGSSLNEGOTIATION: 'direct',
      PGKRBSRVNAME: 'x',
      PGGSSLIB: 'x',
      PGSSLMINPROTOCOLVERSION: 'TLSv1',
      PGDATABASE: 'x',
      PGUSER: 'x',
      PGHOST: 'x',
      PGPORT: '1',
      PGPASSFILE: '/x',
      PGSSLROOTCERT: 'system',
      PGGSSENCMODE: 'require',
      PG_NEW: 'x',
    }
    const harmless = {
      PGCLIENTENCODING: 'LATIN1',
      PGDATESTYLE: 'ISO',
      PGTZ: 'UTC',
      PGCONNECT_TIMEOUT: '5',
      PGOPTIONS: '-c a=b',
    }
    expect(clientEnvironment({...harmful, ...harmless}, connection)).toEqual({...ours, ...harmless})
  })

  it('keeps what is not PostgreSQL’s, psql’s own, and where a login at AWS is', () => {
    const kept = {
      HOME: '/h',
      TERM: 'xterm',
      PSQLRC: '/p',
      PSQL_PAGER: 'less',
      PAGER: 'more',
      AWS_PROFILE: 'dev',
      AWS_REGION: 'eu-west-1',
      AWS_CONFIG_FILE: '/c',
    }
    expect(clientEnvironment({...kept, GONE: undefined}, connection)).toEqual({...kept, ...ours})
  })

  it.each(Object.keys(AWS_SECRETS))('has no AWS key, token, or file of one: %s', (name) => {
    expect(clientEnvironment({[name]: 'secret'}, connection)).toEqual(ours)
  })

  it('lets server options of ours win over the user’s', () => {
    const guarded = {...connection, readOnly: true}
    expect(clientEnvironment({PGOPTIONS: '-c statement_timeout=0'}, guarded)['PGOPTIONS']).toBe(
      `-c statement_timeout=0 ${GUARD_OPTIONS}`,
    )
    expect(clientEnvironment({PGOPTIONS: ''}, guarded)['PGOPTIONS']).toBe(GUARD_OPTIONS)
  })

  it('keeps the application name within what PostgreSQL shows', () => {
    const name = clientEnvironment({}, {...connection, target: 'é'.repeat(60)})['PGAPPNAME'] ?? ''
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63)
    expect(name).toBe(`dbtunnel:${'é'.repeat(27)}`)
  })

  it('has the reason in the application name, as much of it as fits in whole characters', () => {
    const nameFor = (reason: string) => clientEnvironment({}, {...connection, reason})['PGAPPNAME'] ?? ''
    expect(nameFor('INC-42: slow')).toBe('dbtunnel:prod-db INC-42: slow')
    expect(nameFor('\u{1F418}'.repeat(20))).toBe(`dbtunnel:prod-db ${'\u{1F418}'.repeat(11)}`)
  })
})

describe('programEnvironment', () => {
  const facts = {
    DBTUNNEL_HOST: 'prod-db.abc.eu-west-1.rds.amazonaws.com',
    DBTUNNEL_PORT: '54321',
    DBTUNNEL_USER: 'alice@example.com',
    DBTUNNEL_DATABASE: 'app',
    DBTUNNEL_CA: '/run/x/authorities.pem',
  }

  it('has the same facts under names of our own, whatever was set there before', () => {
    expect(programEnvironment({DBTUNNEL_USER: 'bob', DBTUNNEL_URL: 'x', PGPASSWORD: 'x'}, connection)).toEqual({
      ...ours,
      ...facts,
      DBTUNNEL_URL:
        'postgresql://alice%40example.com@prod-db.abc.eu-west-1.rds.amazonaws.com:54321/app?sslmode=verify-full&sslrootcert=%2Frun%2Fx%2Fauthorities.pem',
    })
  })

  it('has AWS’s keys, as any program that a shell starts', () => {
    expect(programEnvironment(AWS_SECRETS, connection)).toMatchObject(AWS_SECRETS)
  })

  it('has a URL with the guard rails, for libraries that know no PGOPTIONS, and not with the user’s options alone', () => {
    const optionsOf = (readOnly: boolean) => {
      const {DBTUNNEL_URL = ''} = programEnvironment({PGOPTIONS: '-c a=b'}, {...connection, readOnly})
      return new URL(DBTUNNEL_URL).searchParams.get('options')
    }
    expect(optionsOf(true)).toBe(`-c a=b ${GUARD_OPTIONS}`)
    expect(optionsOf(false)).toBeNull()
  })

  it('has a URL that holds any name, and the address where the name does not lead there', () => {
    const odd = {
      ...connection,
      user: 'a:b/c',
      database: 'my db?#%',
      authoritiesFile: '/a b+c&d',
      mapping: 'hostaddr',
    } as const
    expect(programEnvironment({}, odd)['DBTUNNEL_URL']).toBe(
      'postgresql://a%3Ab%2Fc@prod-db.abc.eu-west-1.rds.amazonaws.com:54321/my%20db%3F%23%25?sslmode=verify-full&sslrootcert=%2Fa%20b%2Bc%26d&hostaddr=127.0.0.1',
    )
  })
})
