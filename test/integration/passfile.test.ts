import {execFile} from 'node:child_process'
import {mkdtemp, readdir, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it} from 'vitest'
import {systemClock} from '../../src/adapters/processes/clock.js'
import {privateFiles} from '../../src/adapters/files/private-files.js'
import {clientEnvironment} from '../../src/databases/environment.js'
import type {SigningApi} from '../../src/core/ports/aws.js'
import type {Run} from '../../src/core/run.js'
import {Teardown} from '../../src/core/teardown.js'
import {type FreshLogin, keepLoginFresh} from '../../src/databases/keep-login-fresh.js'
import {postgres} from '../../src/databases/postgres/kind.js'
import {createAuthority} from '../sandbox/database.js'
import {type RecordingDatabase, recordDatabase} from '../support/recording-database.js'

const endpoint = {host: 'prod-db.abc123.eu-west-1.rds.amazonaws.com', port: 5432}

// As long as with temporary keys, and with every character that a passfile treats in its own way.
const TAIL = String.raw`/?Action=connect&DBUser=x&a=\b:\\c:*#&X-Amz-Security-Token=` + 'A%2F'.repeat(400)

let base: string
let database: RecordingDatabase
let run: Run & {readonly undo: Teardown}
let count: number

const files = () => privateFiles({TMPDIR: base})

const signing: SigningApi = {
  databaseToken: async ({host, port}) => `${host}:${port}${TAIL}&n=${++count}`,
  upgradeHeaders: async () => ({}),
}

beforeEach(async () => {
  count = 0
  base = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
  const authority = await createAuthority('Private Root')
  await writeFile(join(base, 'authorities.pem'), authority.root)
  database = await recordDatabase(await authority.issue([endpoint.host]))
  run = {
    signal: new AbortController().signal,
    undo: new Teardown(),
    say: {notice: () => {}, debug: () => {}},
    divert: () => () => {},
  }
})

afterEach(async () => {
  await database.close()
  await rm(base, {recursive: true, force: true})
})

async function keep(user: string): Promise<FreshLogin> {
  const folder = await files().makeFolder()
  run.undo.push('folder', 'local', () => files().removeFolder(folder))
  const login = {
    endpoint,
    localPort: database.port,
    region: 'eu-west-1',
    user,
    database: 'app',
    authoritiesFile: '/none',
  }
  return keepLoginFresh(postgres, login, folder, {signing, files: files(), clock: systemClock}, run)
}

/** Real psql, to any host, port, database and user, with this passfile. */
function psql(passfile: FreshLogin, changes: Record<string, string>, script = 'select 1'): Promise<string> {
  const environment = clientEnvironment(
    postgres,
    {PATH: process.env['PATH'], HOME: base, LC_ALL: 'C'},
    {
      target: 'prod-db',
      host: endpoint.host,
      localPort: database.port,
      user: 'alice',
      database: 'app',
      sslmode: 'verify-full',
      mapping: 'hostaddr',
      authoritiesFile: join(base, 'authorities.pem'),
      homeFiles: [],
      loginFiles: passfile.files,
      readOnly: false,
    },
  )
  return new Promise((resolve) => {
    // -w: what the passfile does not give is not asked for on a terminal.
    const child = execFile('psql', ['-Xw', '-c', script], {env: {...environment, ...changes}}, (_, __, stderr) =>
      resolve(stderr),
    )
    child.stdin?.end()
  })
}

it('psql sends exactly the token, for any database', async () => {
  const passfile = await keep('alice')
  for (const name of ['app', 'other:db']) await psql(passfile, {PGDATABASE: name})
  expect(database.passwords).toEqual(Array(2).fill(`${endpoint.host}:5432${TAIL}&n=1`))
  expect(database.logins).toEqual(['alice/app', 'alice/other:db'])
})

it('psql sends it for no other user, host or port', async () => {
  const passfile = await keep('alice')
  for (const changes of [{PGUSER: 'eve'}, {PGHOST: 'localhost', PGSSLMODE: 'verify-ca'}]) {
    expect(await psql(passfile, changes)).toContain('no password supplied')
  }
  expect(database.passwords).toEqual([])
})

it('psql finds it for a user with odd characters, and for that user only', async () => {
  for (const user of [String.raw`DOMAIN\alice`, 'a:b', '*', 'alice@example.com', '#x', 'ü']) {
    const passfile = await keep(user)
    await psql(passfile, {PGUSER: user})
    expect(database.passwords).toHaveLength(count)
    expect(await psql(passfile, {PGUSER: 'eve'})).toContain('no password supplied')
  }
})

it('psql takes the fresh token at its next login', async () => {
  const passfile = await keep('alice')
  await psql(passfile, {})
  await passfile.refresh()
  await psql(passfile, {})
  expect(database.passwords.map((password) => password.at(-1))).toEqual(['1', '2'])
})

it('the file is private, and gone after undoing', async () => {
  const {passfile: path = ''} = (await keep('alice')).files
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await run.undo.unwind({budgetMs: 1000})).toEqual([])
  expect((await readdir(base)).filter((name) => name !== 'authorities.pem')).toEqual([])
})
