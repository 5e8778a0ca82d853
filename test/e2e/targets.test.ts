import {existsSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {sequentialRoundTrips} from '../sandbox/aws.js'
import {type Sandbox} from '../sandbox/sandbox.js'
import {run, type Running, start} from '../support/dbtunnel.js'
import {PLUGIN} from '../support/plugin.js'
import {until} from '../support/until.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

const WHERE = "select current_setting('sandbox.server_name'), current_database()"

describe.concurrent('every kind of target', () => {
  it.each([
    ['an Aurora cluster', 'orders', /^orders\.cluster-c9\S+\|orders$/m],
    ['its reader', 'orders:reader', /^orders\.cluster-ro-c9\S+\|orders$/m],
    ['one of its members', 'orders-2', /^orders-2\.c9\S+\|orders$/m],
    ['a custom endpoint, by a member’s own name', 'orders:analytics', /^orders-3\.c9\S+\|orders$/m],
    ['a Multi-AZ cluster', 'ledger', /^ledger\.cluster-c9\S+\|ledger$/m],
    ['another port', 'billing-db', /^billing-db\.c9\S+\|billing$/m],
    ['no database of its own', 'metrics-db', /^metrics-db\.c9\S+\|postgres$/m],
    ['in capitals', 'PROD-DB', /^prod-db\.c9\S+\|shop$/m],
    ['an endpoint’s host name', 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com', /^prod-db\.c9\S+\|shop$/m],
    ['one of the last page', 'tenant-24', /^tenant-24\.c9\S+\|tenant$/m],
  ])('%s: %s', async (_, target, answer) => {
    const {status, stdout, stderr} = await run(['psql', target, '--resolve', 'hostaddr', '-Atc', WHERE], {
      env: sandbox.env(),
    })
    expect({target, status, stderr}).toMatchObject({status: 0})
    expect(stdout).toMatch(answer)
  })

  it('a custom endpoint: says which member stands for it', async () => {
    const {stderr} = await run(['psql', 'orders:analytics', '--resolve', 'hostaddr', '-c', 'select 1'], {
      env: sandbox.env(),
    })
    expect(stderr).toMatch(/orders-3/)
  })
})

it('a cold start makes at most three round trips to AWS in sequence', async () => {
  const restore = sandbox.aws.disturbances.add({action: '*', effect: {kind: 'delay', ms: 200}})
  const from = sandbox.aws.log.length
  const {status} = await run(['psql', 'prod-db', '--resolve', 'hostaddr', '-c', 'select 1'], {env: sandbox.env()})
  restore()
  const log = sandbox.aws.log.slice(from).filter(({action}) => action !== 'ssm:TerminateSession')
  expect(status).toBe(0)
  expect(log.map(({action}) => action)).toContain('ssm:StartSession')
  expect(sequentialRoundTrips(log)).toBeLessThanOrEqual(3)
})

it('a token is for the database’s own name, and psql takes it as a password', async () => {
  const {status, stdout} = await run(['token', 'prod-db'], {env: sandbox.env()})
  expect(status).toBe(0)
  expect(stdout).toMatch(
    /^prod-db\.c9akciq32rgw\.eu-west-1\.rds\.amazonaws\.com:5432\/\?Action=connect&DBUser=alice&\S+\n$/,
  )
})

it.each([
  ['native', ['--engine', 'native']],
  ['plugin', ['--engine', 'plugin']],
])('a WebSocket that is lost under a running query is not noticed (%s)', async (engine, words) => {
  const env = {...sandbox.env(), ...(engine === 'plugin' ? {DBTUNNEL_PLUGIN: PLUGIN} : {})}
  const query = 'select pg_sleep(3), 7 * 6 as answer'
  const running = start(['psql', 'prod-db', '--resolve', 'hostaddr', ...words, '-Atc', query], {env})
  await queryIsRunning()
  sandbox.agents.cut()
  expect(await running.ended).toMatchObject({status: 0, stdout: '|42\n'})
})

it('a query that is sent without a WebSocket goes on, or ends psql: the plugin sends nothing any more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
  const psqlOf = (engine: string, env: Record<string, string>): Running => {
    const pause = `\\! : > ${folder}/${engine}; until [ -e ${folder}/go ]; do sleep 0.05; done`
    const words = ['--resolve', 'hostaddr', '--engine', engine, '-At', '-c', 'select 1', '-c', pause, '-c', 'select 2']
    return start(['psql', 'prod-db', ...words], {env: {...sandbox.env(), ...env}})
  }
  const native = psqlOf('native', {})
  const plugin = psqlOf('plugin', {DBTUNNEL_PLUGIN: PLUGIN})
  await until('both', () => existsSync(join(folder, 'native')) && existsSync(join(folder, 'plugin')))
  sandbox.aws.disturbances.add({action: 'ssm:ResumeSession', times: 2, effect: {kind: 'delay', ms: 2000}})
  sandbox.agents.cut()
  await until('the cut', () => sandbox.agents.sessions().every(({connected}) => !connected))
  await writeFile(join(folder, 'go'), '')
  expect(await native.ended).toMatchObject({status: 0, stdout: '1\n2\n'})
  const {status, stdout, stderr} = await plugin.ended
  expect({status, stdout}).toEqual({status: 2, stdout: '1\n'})
  expect(stderr).toMatch(/\n?dbtunnel: The session-manager-plugin failed: [^\n]+ psql has lost its connection\.\n/)
  await rm(folder, {recursive: true})
})

async function queryIsRunning(): Promise<void> {
  for (;;) {
    const found = await sandbox.database.query(
      "select pid from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'",
    )
    if (found.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
