import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {type Sandbox} from '../sandbox/sandbox.js'
import {run} from '../support/dbtunnel.js'
import {openScreen} from '../support/terminal.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

const environment = (change: Record<string, string> = {}): Record<string, string> => ({
  ...sandbox.env(),
  DBTUNNEL_RESOLVE: 'hostaddr',
  PSQLRC: '/dev/null',
  ...change,
})

/** Nobody answers there. */
const NOWHERE = {AWS_ENDPOINT_URL: 'http://127.0.0.1:9'}
const ENDPOINT = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'

function firstWords(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => /^\S+/.exec(line) ?? [])
}

describe.concurrent('is answered with what to type, and AWS is not asked:', () => {
  it.each<[string, string[], string, string]>([
    ['psql alice@prod-db', ['psql', 'alice@prod-db'], 'TARGET_INVALID', 'dbtunnel psql prod-db -U alice'],
    ['psql prod-db/shop', ['psql', 'prod-db/shop'], 'TARGET_INVALID', 'dbtunnel psql prod-db -d shop'],
    ['psql prod-db:5432', ['psql', 'prod-db:5432'], 'TARGET_INVALID', 'dbtunnel psql prod-db\n'],
    ['psql orders.reader', ['psql', 'orders.reader'], 'TARGET_INVALID', 'dbtunnel psql orders:reader'],
    ['psql orders/reader', ['psql', 'orders/reader'], 'TARGET_INVALID', 'dbtunnel psql orders:reader'],
    [
      'psql postgres://…',
      ['psql', `postgres://alice:geheim@${ENDPOINT}:5432/shop`],
      'TARGET_INVALID',
      `dbtunnel psql ${ENDPOINT} -U alice -d shop`,
    ],
    ['psql X "select 1"', ['psql', 'prod-db', 'select 1'], 'ARGUMENT_REFUSED', "-c 'select 1'"],
    ['psql X -u alice', ['psql', 'prod-db', '-u', 'alice'], 'USAGE', 'Did you mean -U?'],
    ['psql X --quite', ['psql', 'prod-db', '--quite'], 'USAGE', 'Did you mean --quiet?'],
    ['psql X --verbose', ['psql', 'prod-db', '--verbose'], 'USAGE', 'Did you mean --debug?'],
    ['psql X --reason -c …', ['psql', 'prod-db', '--reason', '-c', 'select 1'], 'USAGE', '--reason VALUE'],
    [
      'exec A B -- cmd',
      ['exec', 'prod-db', 'billing-db', '--', 'psql', '-l'],
      'USAGE',
      'dbtunnel exec --target prod-db --target billing-db -- psql -l',
    ],
    ["exec 'tenant-0*' -- cmd", ['exec', 'tenant-0*', '--', 'true'], 'TARGET_UNKNOWN', "dbtunnel list 'tenant-0*'"],
    [
      'exec X -- "pg_dump | gzip"',
      ['exec', 'prod-db', '--', 'pg_dump | gzip'],
      'CLIENT_MISSING',
      "sh -c 'pg_dump | gzip'",
    ],
  ])('%s', async (_, words, code, hint) => {
    const {stdout, stderr} = await run(words, {env: environment(NOWHERE)})
    expect(stdout).toBe('')
    expect(stderr).toContain(`[${code}]`)
    expect(stderr).toContain(hint)
    expect(stderr).not.toContain('geheim')
  })
})

it('psql nosuch on a terminal: the step that failed says so, and none of the others is marked', async () => {
  const screen = openScreen(['psql', 'nosuch'], {env: environment()})
  expect(await screen.ended).toMatchObject({status: 68})
  const lines = screen.plain().split('\r\n')
  expect(lines).toEqual(expect.arrayContaining(['✖ Database: failed', '· Bastion', '· Login']))
})

describe.concurrent('is done:', () => {
  it('help, -h, version', async () => {
    const env = environment(NOWHERE)
    for (const words of [['help'], ['-h']])
      expect((await run(words, {env})).stdout).toBe((await run(['--help'], {env})).stdout)
    expect((await run(['help', 'psql'], {env})).stdout).toBe((await run(['psql', '--help'], {env})).stdout)
    expect((await run(['version'], {env})).stdout).toMatch(/^dbtunnel\/\d/)
  })

  it.each(['-?', '--version'])('psql X %s, with no tunnel', async (word) => {
    const {status, stdout, stderr} = await run(['psql', 'prod-db', word], {env: environment(NOWHERE)})
    expect({status, stdout, stderr}).toEqual({status: 0, stdout: expect.stringContaining('psql'), stderr: ''})
  })

  it('connect X, orders:writer', async () => {
    const words = ['orders:writer', '--quiet', '-Atc', 'select pg_is_in_recovery()']
    expect(await run(['connect', ...words], {env: environment()})).toMatchObject({status: 0, stdout: 'f\n', stderr: ''})
  })

  it('list prod, --region R list -o json', async () => {
    const env = environment()
    const found = async (part: string): Promise<readonly string[]> =>
      firstWords((await run(['list', part], {env})).stdout)
    expect(await found('prod')).toContain('prod-db')
    expect(await found('rod')).toEqual(await found('*rod*'))
    const {stdout} = await run(['--region', 'eu-west-1', 'list', '-o', 'json', 'billing'], {env})
    expect(JSON.parse(stdout)).toMatchObject({region: 'eu-west-1', databases: [{target: 'billing-db'}]})
  })

  it('--bastion with the name that list shows', async () => {
    const {status, stderr} = await run(['psql', 'prod-db', '--bastion', 'prod-bastion-a', '-c', 'select 1'], {
      env: environment(),
    })
    expect({status, stderr}).toMatchObject({status: 0, stderr: expect.stringContaining('Bastion: prod-bastion-a i-')})
    const unknown = await run(['psql', 'prod-db', '--bastion', 'prod-bastion-z'], {env: environment()})
    expect(unknown.stderr).toContain('has the Name prod-bastion-z')
  })

  it('open X -p PORT -d, close A PORT', async () => {
    const env = environment()
    const port = 20_000 + Math.floor(Math.random() * 8000)
    expect(await run(['open', 'prod-db', '-p', String(port), '-d'], {env})).toMatchObject({status: 0})
    expect(await run(['start', 'billing-db', '--bg'], {env})).toMatchObject({status: 0})
    expect((await run(['status', String(port)], {env})).stdout).toContain(`prod-db on port ${port}`)
    const closed = await run(['stop', 'billing-db', String(port)], {env})
    expect(closed).toMatchObject({status: 0, stderr: 'Closed: billing-db, prod-db\n'})
  })

  it('dbtunnel.yml; shop: prod-db in it; config nosuch', async () => {
    const env = environment(NOWHERE)
    const cwd = mkdtempSync(join(tmpdir(), 'dbtunnel-yml-'))
    const file = join(cwd, 'dbtunnel.yml')
    writeFileSync(file, 'targets:\n  shop: prod-db\n')
    expect((await run(['config'], {env, cwd})).stderr).toContain('Write: shop: {identifier: …}')
    writeFileSync(file, 'targets:\n  shop: {identifier: prod-db}\n')
    expect((await run(['config', 'shop'], {env, cwd})).stdout).toMatch(/\nidentifier +prod-db +\S*dbtunnel\.yml:2\n/)
    expect((await run(['config', 'nosuch'], {env, cwd})).stdout).toContain('No config file names nosuch')
    expect(await run(['config', 'validate'], {env, cwd})).toMatchObject({status: 0})
    writeFileSync(file, 'targets:\n  shop: {identifier: prod-db}\ngroups: {all: [shop, billing]}\n')
    expect((await run(['config'], {env, cwd})).stdout).toContain('all: shop, billing (there is no such target)\n')
  })
})
