import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {run, start} from '../support/dbtunnel.js'
import {type Watch, watchFor} from '../support/leftovers.js'
import {commandLines} from '../support/processes.js'
import {PLUGIN} from '../support/plugin.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'

let sandbox: Sandbox
let watch: Watch
const sessionTokens: string[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
  watch = watchFor(sandbox, {})
  const {agents} = sandbox
  const grant = agents.open.bind(agents)
  agents.open = (session) => {
    sessionTokens.push(session.token)
    return grant(session)
  }
})
afterEach(() => watch.expectNothingLeft())
afterAll(() => sandbox.close())

const psql = (words: readonly string[], change: Record<string, string> = {}) =>
  run(['psql', 'prod-db', '--resolve', 'hostaddr', ...words], {env: {...sandbox.env(), ...change}})

describe('an impostor in the database’s place', () => {
  it.each([
    ['other-name', /impostor\.invalid/],
    ['other-authority', /authorit/],
    ['self-signed', /./],
    ['expired', /expired/],
    ['not-yet-valid', /valid/],
    ['no-tls', /TLS/],
  ] as const)('%s: 76 in one line, before psql starts; it sees no password', async (mode, reason) => {
    sandbox.database.setMode(HOST, mode)
    const {status, stdout, stderr} = await psql(['-c', 'select 1'])
    sandbox.database.setMode(HOST, 'honest')
    expect({status, stdout}).toEqual({status: 76, stdout: ''})
    expect(stderr).toMatch(/\[(TLS_IDENTITY|PROTOCOL)\]/)
    expect(stderr).toMatch(reason)
    expect(sandbox.database.impostorSaw()).toEqual([])
  })
})

it('verify-ca says what it does not check', async () => {
  const {status, stderr} = await psql(['--sslmode', 'verify-ca', '-c', 'select 1'])
  expect(status).toBe(0)
  expect(stderr).toContain('not the host name in it')
})

it('no PG variable leads psql elsewhere, lowers TLS or changes the user', async () => {
  const {status, stdout} = await psql(['-At', '-c', '\\conninfo', '-c', 'select current_user'], {
    PGSERVICE: 'evil',
    PGSERVICEFILE: '/nonexistent',
    PGHOST: 'evil.invalid',
    PGHOSTADDR: '192.0.2.1',
    PGPORT: '1',
    PGSSLMODE: 'disable',
    PGSSLROOTCERT: '/dev/null',
    PGSSLCRLDIR: '/nonexistent',
    PGREQUIREAUTH: 'none',
    PGPASSWORD: 'wrong',
    PGPASSFILE: '/dev/null',
    PGGSSENCMODE: 'require',
    PGTARGETSESSIONATTRS: 'standby',
    PGCHANNELBINDING: 'require',
    PGSSLMINPROTOCOLVERSION: 'TLSv1',
  })
  expect(status).toBe(0)
  expect(stdout).toContain(HOST)
  expect(stdout).toMatch(/protocol: TLSv1\.[23]/)
  expect(stdout).toMatch(/^alice$/m)
})

const SECRETS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']

it('psql, and what it starts, has no AWS key; a program of exec has them, as any program that a shell starts', async () => {
  const env: Record<string, string> = {...sandbox.env(), AWS_CONTAINER_AUTHORIZATION_TOKEN: 'c0ntainer'}
  const namesIn = (text: string): string[] => [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name)
  const inPsql = await psql(['-c', '\\! env'], env)
  expect(namesIn(inPsql.stdout)).toContain('PGPASSFILE')
  expect(namesIn(inPsql.stdout).filter((name) => name.startsWith('AWS_'))).toEqual(['AWS_REGION'])
  for (const name of SECRETS) expect(inPsql.stdout).not.toContain(env[name])
  const inExec = await run(['exec', 'prod-db', '--resolve', 'hostaddr', '--', 'env'], {env})
  expect(namesIn(inExec.stdout)).toEqual(expect.arrayContaining([...SECRETS, 'PGPASSFILE']))
})

it('nothing in ~/.postgresql changes whom psql trusts, or what it shows of its user', async () => {
  const env = sandbox.env()
  const folder = join(env['HOME'] ?? '', '.postgresql')
  mkdirSync(folder)
  // Of another authority, which would revoke all; a certificate whose key others can read, which libpq refuses.
  for (const name of ['root.crl', 'root.crt', 'postgresql.crt', 'postgresql.key']) {
    writeFileSync(join(folder, name), readFileSync(env['DBTUNNEL_CA_BUNDLE'] ?? ''), {mode: 0o644})
  }
  const {status, stdout} = await run(['psql', 'prod-db', '--resolve', 'hostaddr', '-Atc', 'select 1'], {env})
  expect({status, stdout}).toEqual({status: 0, stdout: '1\n'})
  const inExec = ['exec', 'prod-db', '--resolve', 'hostaddr', '--', 'psql', '-Atc', 'select 1']
  expect(await run(inExec, {env})).toMatchObject({status: 0, stdout: '1\n'})
})

it('no program of the user’s data folder is loaded as a plugin', async () => {
  const env = sandbox.env()
  const data = join(env['HOME'] ?? '', 'data')
  const plugin = join(data, 'dbtunnel/node_modules/stranger')
  mkdirSync(plugin, {recursive: true})
  const json = (value: object): string => JSON.stringify(value)
  writeFileSync(
    join(data, 'dbtunnel/package.json'),
    json({oclif: {schema: 1, plugins: [{name: 'stranger', type: 'user'}]}, dependencies: {stranger: '1.0.0'}}),
  )
  writeFileSync(
    join(plugin, 'package.json'),
    json({name: 'stranger', version: '1.0.0', oclif: {commands: './commands', hooks: {init: './hook.js'}}}),
  )
  writeFileSync(join(plugin, 'hook.js'), "module.exports = () => console.log('stranger here')")
  const {status, stdout, stderr} = await run(['--version'], {env: {...env, XDG_DATA_HOME: data}})
  expect(status).toBe(0)
  expect(stdout + stderr).not.toContain('stranger')
})

it.each([
  ['native', [], {}],
  ['plugin', ['--engine', 'plugin'], {}],
  ['native, Node’s own debugging', ['--engine', 'native'], {NODE_DEBUG: '*'}],
  ['plugin, Node’s own debugging', ['--engine', 'plugin'], {NODE_DEBUG: 'http,net,child_process', FORCE_COLOR: '3'}],
])('secrets are in no command line, no debug output, and no file but the passfile (%s)', async (_, words, change) => {
  const env: Record<string, string> = {...sandbox.env(), DBTUNNEL_PLUGIN: PLUGIN, ...change}
  const running = start(
    ['psql', 'prod-db', '--resolve', 'hostaddr', '--debug', ...words, '-c', "select 'here', pg_sleep(3)"],
    {env},
  )
  const folder = await Promise.race([privateFolder(env['TMPDIR'] ?? ''), running.ended.then(endedEarly)])
  const token = readFileSync(join(folder, 'passfile'), 'utf8')
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, 'passfile')).mode & 0o777).toBe(0o600)
  const [signature = ''] = /(?<=X-Amz-Signature=)[0-9a-f]{64}/.exec(token) ?? []
  expect(signature).toHaveLength(64)
  const secrets = [signature, env['AWS_SECRET_ACCESS_KEY'] ?? '', env['AWS_SESSION_TOKEN'] ?? '', ...sessionTokens]

  const lines = commandLines()
  const others = filesBelow(folder).filter((file) => !file.endsWith('/passfile'))
  const contents = others.map((file) => readFileSync(file, 'utf8'))
  const {status, stdout, stderr} = await running.ended
  expect(status).toBe(0)
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(8)
    expect(lines.filter((line) => line.includes(secret))).toEqual([])
    expect(others.filter((_, index) => contents[index]?.includes(secret))).toEqual([])
    expect(stdout + stderr).not.toContain(secret)
  }
  // What was left out is said.
  expect(stderr.includes('NODE_DEBUG is set.')).toBe('NODE_DEBUG' in change)
})

function endedEarly({stderr}: {stderr: string}): never {
  throw new Error(`dbtunnel ended before it had a passfile: ${stderr}`)
}

async function privateFolder(parent: string): Promise<string> {
  for (;;) {
    const folder = readdirSync(parent)
      .map((name) => join(parent, name))
      .find((path) => existsSync(join(path, 'passfile')))
    if (folder !== undefined) return folder
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
