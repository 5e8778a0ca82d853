import {execFile} from 'node:child_process'
import {mkdtemp, realpath, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import type {Connection} from '../../src/databases/connection.js'
import {clientEnvironment} from '../../src/databases/environment.js'
import {postgres} from '../../src/databases/postgres/kind.js'
import {readPsqlArguments} from '../../src/clients/psql/arguments.js'
import {PSQL_LONG_NAMES, readPsqlWord} from '../../src/clients/psql/options.js'
import {type Authority, createAuthority, type Certificate} from '../sandbox/database.js'
import {type RecordingDatabase, recordDatabase} from '../support/recording-database.js'

const HOST = 'prod-db.abc123.eu-west-1.rds.amazonaws.com'

interface Ended {
  readonly status: number
  readonly stderr: string
  readonly stdout: string
}

function psql(argv: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      'psql',
      argv,
      {env: {PATH: process.env['PATH'], LC_ALL: 'C', ...env}},
      (error, stdout, stderr) => resolve({status: error ? Number(error.code) : 0, stdout, stderr}),
    )
    child.stdin?.end()
  })
}

describe('the option table is psql’s', () => {
  const nowhere = {PGHOST: '/nonexistent'}

  it('knows every option of psql --help, and which of them take a value', async () => {
    const {stdout} = await psql(['--help'], nowhere)
    const lines = stdout.matchAll(/^ +(?:-(\S)[ ,].*?)?--([a-z-]+)(\[?=)?/gm)
    let count = 0
    for (const [, letter, name = '', equals] of lines) {
      if (name === 'help') continue
      count++
      for (const word of [`--${name}`, ...(letter ? [`-${letter}`] : [])]) {
        const read = readPsqlWord(word)
        expect(read, word).toMatchObject({kind: 'options'})
        expect(read.kind === 'options' && read.valued !== undefined, word).toBe(equals === '=')
      }
    }
    expect(count).toBeGreaterThan(30)
  })

  it('shortens long names exactly as psql does', async () => {
    // Of each name the shortest beginning that we take, and the one before it.
    const beginnings = new Set(
      PSQL_LONG_NAMES.flatMap((name) => {
        const lengths = [...name].map((_, at) => at + 1)
        const shortest = lengths.find((length) => readPsqlWord(`--${name.slice(0, length)}`).kind === 'options') ?? 0
        return [shortest, shortest - 1].filter((length) => length > 0).map((length) => `--${name.slice(0, length)}`)
      }),
    )
    const differing: string[] = []
    await Promise.all(
      [...beginnings].map(async (word) => {
        const {stderr} = await psql([word], nowhere)
        const theirs = /ambiguous|unrecognized/.test(stderr)
          ? 'wrong'
          : /requires an argument/.test(stderr)
            ? 'value'
            : 'bare'
        const read = readPsqlWord(word)
        const ours = read.kind !== 'options' ? read.kind : read.valued ? 'value' : 'bare'
        if (ours !== theirs) differing.push(`${word}: ${ours}, psql says ${theirs}`)
      }),
    )
    expect(differing).toEqual([])
  })
})

describe('psql at a database', () => {
  let folder: string
  let authority: Authority
  let genuine: Certificate
  let impostor: Certificate
  let database: RecordingDatabase
  let connection: Connection

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'dbtunnel-test-')))
    authority = await createAuthority('Private Root')
    genuine = await authority.issue([HOST])
    impostor = await (await createAuthority('Somebody Else')).issue([HOST])
    await writeFile(join(folder, 'authorities.pem'), authority.root)
    await writeFile(
      join(folder, 'pg_service.conf'),
      '[x]\nsslmode=disable\nhostaddr=127.0.0.1\npassword=from-service\n',
    )
  })

  afterAll(() => rm(folder, {recursive: true, force: true}))

  async function serve(certificate: Certificate): Promise<void> {
    database = await recordDatabase(certificate)
    const {port} = database
    await writeFile(join(folder, 'passfile'), `*:*:*:*:token\n`, {mode: 0o600})
    connection = {
      target: 'prod-db',
      host: HOST,
      localPort: port,
      user: 'alice',
      database: 'app',
      sslmode: 'verify-full',
      mapping: 'hostaddr',
      authoritiesFile: join(folder, 'authorities.pem'),
      homeFiles: [],
      loginFiles: {passfile: join(folder, 'passfile')},
      readOnly: false,
    }
  }

  const connect = (
    inherited: Record<string, string> = {},
    argv: readonly string[] = ['-c', 'select 1'],
  ): Promise<Ended> => psql(argv, clientEnvironment(postgres, {HOME: folder, ...inherited}, connection))

  afterEach(() => database.close())

  it('logs in with the token over verified TLS', async () => {
    await serve(genuine)
    expect(await connect()).toMatchObject({status: 2, stderr: expect.stringContaining('PAM authentication failed')})
    expect(database.seen).toEqual(['ssl', 'startup', 'password'])
    expect(database.passwords).toEqual(['token'])
    expect(database.logins).toEqual(['alice/app'])
  })

  it.each([
    ['from another authority', () => impostor],
    ['for another name', () => authority.issue(['other.abc123.eu-west-1.rds.amazonaws.com'])],
  ])('sends nothing to a server with a certificate %s', async (_, certificate) => {
    await serve(await certificate())
    expect((await connect()).status).toBe(2)
    expect(database.seen).toEqual(['ssl'])
  })

  describe('against an impostor', () => {
    beforeEach(() => serve(impostor))

    const hostile: Record<string, string>[] = [
      {PGSSLMODE: 'disable'},
      {PGSSLMODE: 'prefer', PGREQUIRESSL: '0'},
      {PGSERVICE: 'x', PGSERVICEFILE: 'pg_service.conf'},
      {PGSERVICE: 'x', PGSYSCONFDIR: '.'},
      {PGSSLROOTCERT: 'system', PGSSLMODE: 'require'},
      {PGGSSENCMODE: 'prefer', PGSSLMODE: 'allow'},
      {PGHOSTADDR: '127.0.0.1', PGHOST: '127.0.0.1', PGSSLMODE: 'disable'},
      {PGDATABASE: 'sslmode=disable', PGOPTIONS: '-c ssl=off'},
      {PGPASSWORD: 'secret', PGSSLMODE: 'disable'},
    ]

    it.each(hostile)('%j lowers nothing', async (variables) => {
      const inherited = Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [
          name,
          /^PGS(ERVICEFILE|YSCONFDIR)/.test(name) ? join(folder, value) : value,
        ]),
      )
      const {status, stderr} = await connect(inherited)
      expect({status, seen: database.seen}).toEqual({status: 2, seen: ['ssl']})
      expect(stderr).toContain('certificate verify failed')
    })

    it('which without dbtunnel’s environment does get the password', async () => {
      const {PGHOST: _, ...ours} = clientEnvironment(postgres, {HOME: folder}, connection)
      const careless = {...ours, PGHOST: '127.0.0.1', PGSERVICE: 'x', PGSERVICEFILE: join(folder, 'pg_service.conf')}
      await psql(['-c', 'select 1'], {...careless, PGSSLMODE: 'disable'})
      expect(database.seen).toEqual(['startup in clear', 'password'])
    })

    it('nothing among the arguments lowers TLS either', async () => {
      const refused = [
        ['-d', 'x sslmode=disable'],
        ['-Atdsslmode=disable'],
        ['sslmode=disable'],
        ['--db=postgresql:///?sslmode=disable'],
        ['-h', '127.0.0.1'],
      ]
      for (const words of refused) expect(() => readPsqlArguments(words)).toThrow()
      // And as values of other options they are harmless.
      const harmless = ['-v', 'sslmode=disable', '-F', 'service=x', '-c', 'postgresql:///?sslmode=disable', '-l']
      await connect({}, readPsqlArguments(harmless).argv)
      expect(database.seen).toEqual(['ssl'])
    })
  })

  it('user and database stay what dbtunnel chose, whatever psql’s words said', async () => {
    await serve(genuine)
    const lines = [
      ['-U', 'bob', '-d', 'other', '-X'],
      ['-AtUbob', 'other'],
      ['other', 'bob', '-c', 'select 1'],
      ['--', 'other', 'bob'],
    ]
    for (const words of lines) {
      const {argv, user, database: name} = readPsqlArguments(words)
      expect([user, name]).toEqual(['bob', 'other'])
      await connect({PGUSER: 'eve', PGDATABASE: 'eve'}, argv)
    }
    expect(database.logins).toEqual(lines.map(() => 'alice/app'))
  })
})
