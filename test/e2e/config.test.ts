import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import type {TargetListing} from '../../src/core/results/config-listing.js'
import {defaultAccount, MACHINE, otherAccount, engineerPolicy, PERMISSIONS, roleSession} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {run} from '../support/dbtunnel.js'
import {type Watch, watchFor} from '../support/leftovers.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const WHERE = "select current_setting('sandbox.server_name')"

let sandbox: Sandbox
let watch: Watch

beforeAll(async () => {
  const account = defaultAccount()
  const describing = PERMISSIONS.filter((permission) => permission.includes(':Describe'))
  account.identities.push(roleSession('least', 'Least', [engineerPolicy(account.id, describing)]))
  sandbox = await startSandbox({accounts: [account, otherAccount()]})
  watch = watchFor(sandbox, {})
})
afterAll(async () => {
  await watch.expectNothingLeft()
  await sandbox.close()
})

let runs = 0

/** Somebody at home, in a repository with these files. */
function desk({team, own, identity}: {team?: string; own?: string; identity?: string}) {
  const AWS_SDK_UA_APP_ID = `config-${runs++}`
  const account = sandbox.env(identity)
  const home = account['HOME'] ?? ''
  const env = {...account, AWS_SDK_UA_APP_ID, DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_ENGINE: 'native'}
  const repository = join(home, 'shop')
  const folder = join(home, '.config', 'dbtunnel')
  for (const one of [join(repository, '.git'), join(repository, 'src'), folder]) mkdirSync(one, {recursive: true})
  const write = (text: string): void => writeFileSync(join(repository, 'dbtunnel.yaml'), text)
  if (team !== undefined) write(team)
  if (own !== undefined) writeFileSync(join(folder, 'config.yaml'), own)
  return {
    repository,
    write,
    run: (...words: string[]) => run(words, {env, cwd: join(repository, 'src')}),
    asked: () =>
      sandbox.aws.log
        .filter(({userAgent}) => userAgent.split(' ').includes(`app/${AWS_SDK_UA_APP_ID}`))
        .map(({action}) => action),
  }
}

it('with host, port, user and bastion nothing is looked up: whoever may describe nothing gets there', async () => {
  const team = `
targets:
  shop: {host: ${HOST}, port: 5432, region: eu-west-1, user: alice, database: shop, bastion: ${MACHINE.bastionA}}
`
  const {run, asked} = desk({team, identity: 'least'})
  expect(await run('approve', 'shop')).toMatchObject({status: 0})
  expect(await run('psql', 'shop', '-Atc', `${WHERE}, current_setting('application_name')`)).toMatchObject({
    status: 0,
    stdout: `${HOST}|dbtunnel:shop\n`,
    stderr: expect.stringContaining(`shop is ${HOST}:5432: `) as string,
  })
  expect(asked().filter((action) => action !== 'ssm:TerminateSession')).toEqual(['ssm:StartSession'])
  expect(await run('token', 'shop')).toMatchObject({status: 0})
  expect(await run('psql', 'prod-db', '-c', 'select 1')).toMatchObject({status: 77})
})

it('a name that leads elsewhere is told, and leads where the file says now, whatever is remembered', async () => {
  const {run, write, repository} = desk({team: 'targets:\n  prod-db:\n    identifier: billing-db\n'})
  const psql = async () => {
    expect(await run('approve', 'prod-db')).toMatchObject({status: 0})
    return run('psql', 'prod-db', '-Atc', WHERE)
  }
  const said = expect.stringContaining(`prod-db is billing-db: ${repository}/dbtunnel.yaml:3`) as string
  expect(await psql()).toMatchObject({stdout: expect.stringMatching(/^billing-db\./) as string, stderr: said})
  expect(await psql()).toMatchObject({stdout: expect.stringMatching(/^billing-db\./) as string, stderr: said})
  write('targets:\n  prod-db:\n    identifier: metrics-db\n')
  expect((await psql()).stdout).toMatch(/^metrics-db\./)
  write('')
  expect(await psql()).toMatchObject({stdout: expect.stringMatching(/^prod-db\./) as string})
})

it.each([
  ['of the team’s file', {team: 'targets:\n  prod-db:\n    usr: x\n'}, /dbtunnel.yaml:3:5: targets.prod-db.usr: /],
  ['of the own one', {own: 'defaults: {user: 1}\n'}, /config.yaml:1:12: defaults.user: /],
])('a fault %s ends every command before AWS is asked', async (_, files, says) => {
  const {run, asked} = desk(files)
  for (const words of [['psql', 'prod-db'], ['open', 'prod-db'], ['token', 'prod-db'], ['list'], ['config']]) {
    const {status, stdout, stderr} = await run(...words)
    expect({words, status, stdout}).toEqual({words, status: 78, stdout: ''})
    expect(stderr).toMatch(says)
  }
  expect(asked()).toEqual([])
})

it('a mistyped name of the file is suggested beside what RDS has', async () => {
  const {status, stderr} = await desk({team: 'targets: {prod-main: {identifier: prod-db}}'}).run('token', 'prod-mian')
  expect({status, stderr}).toMatchObject({
    status: 68,
    stderr: expect.stringMatching(/Did you mean prod-main/) as string,
  })
})

it('config says where each value comes from, and asks nobody', async () => {
  const own = 'defaults:\n  user: bob\n'
  const {run, asked, repository} = desk({team: 'targets:\n  shop: {identifier: prod-db, production: true}\n', own})
  const {status, stdout} = await run('config', 'shop', '--database', 'app', '--json')
  expect(status).toBe(0)
  const {settings} = JSON.parse(stdout) as TargetListing
  const from = Object.fromEntries(
    settings.map(({setting, value, from}) => [setting, `${value} by ${from.replace(/^.*\//, '')}`]),
  )
  expect(from).toMatchObject({
    identifier: 'prod-db by dbtunnel.yaml:2',
    user: 'bob by config.yaml:2',
    database: 'app by --database',
    region: 'eu-west-1 by AWS_REGION',
    engine: 'native by DBTUNNEL_ENGINE',
    production: 'true by dbtunnel.yaml:2',
    readOnly: 'true by dbtunnel.yaml:2',
    ttl: '8h by dbtunnel.yaml:2',
    sslmode: 'verify-full by default',
  })
  const listing = await run('config')
  expect(listing.stdout).toContain(`File: team      ${repository}/dbtunnel.yaml\n`)
  expect(listing.stdout).toMatch(/^shop +prod-db +production, read-only +\S+dbtunnel.yaml:2$/m)
  expect(asked()).toEqual([])
})
