import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {ConfigListing, TargetListing} from '../../src/core/results/config-listing.js'
import {MACHINE} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {run as runIn} from '../support/dbtunnel.js'
import {processesWith, type Watch, watchFor} from '../support/leftovers.js'
import {openScreen} from '../support/terminal.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const WHERE = "select current_setting('sandbox.server_name')"
const BILLING = expect.stringMatching(/^billing-db\./) as string

let sandbox: Sandbox
let watch: Watch
const used: Record<string, string>[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
  watch = watchFor(sandbox, {})
})
afterAll(async () => {
  // Of tests that have failed: nobody else ends them.
  for (const line of used.flatMap(processesWith)) process.kill(Number(line.split(' ')[0]), 'SIGKILL')
  await watch.expectNothingLeft()
  await sandbox.close()
})

let runs = 0

/** Somebody in a repository with this `dbtunnel.yaml`, and no terminal unless they have a screen. */
function desk(team: string, change: Readonly<Record<string, string>> = {}) {
  const AWS_SDK_UA_APP_ID = `approval-${runs++}`
  const env: Record<string, string> = {
    ...sandbox.env(),
    AWS_SDK_UA_APP_ID,
    DBTUNNEL_RESOLVE: 'hostaddr',
    DBTUNNEL_ENGINE: 'native',
    ...change,
  }
  used.push(env)
  const home = env['HOME'] ?? ''
  const repository = join(home, 'shop')
  mkdirSync(join(repository, '.git'), {recursive: true})
  const file = join(repository, 'dbtunnel.yaml')
  const write = (text: string): void => writeFileSync(file, text)
  write(team)
  return {
    env,
    home,
    repository,
    file,
    write,
    run: (...words: string[]) => runIn(words, {env, cwd: repository, detached: true}),
    screen: (...words: string[]) => openScreen(words, {env, cwd: repository, columns: 200}),
    asked: () =>
      sandbox.aws.log
        .filter(({userAgent}) => userAgent.split(' ').includes(`app/${AWS_SDK_UA_APP_ID}`))
        .map(({action}) => action),
  }
}

const LEADING = 'targets:\n  prod-db: {identifier: billing-db}\n'
const PSQL = ['psql', 'prod-db', '-Atc', WHERE]

describe.concurrent('a team’s file that leads the name of a database to another one', () => {
  it.each([
    ['psql', ['psql', 'prod-db', '-Atc', WHERE]],
    ['psql --quiet', ['psql', 'prod-db', '--quiet', '-Atc', WHERE]],
    ['psql, in capitals', ['psql', 'PROD-DB', '-Atc', WHERE]],
    ['token', ['token', 'prod-db']],
    ['exec', ['exec', 'prod-db', '--', 'true']],
    ['exec of one of several', ['exec', '--target', 'billing-db', '--target', 'prod-db', '--', 'true']],
    ['exec of a pattern', ['exec', 'prod-*', '--', 'true']],
    ['open', ['open', 'prod-db']],
    ['open --detach', ['open', 'prod-db', '--detach']],
  ])('is used by nobody who has not approved of it: %s', async (_, words) => {
    const {run, file, asked} = desk(LEADING)
    const {status, stdout, stderr} = await run(...words)
    expect({status, stdout, stderr}).toMatchObject({status: 78, stdout: ''})
    expect(stderr).toMatch(
      /yaml:2 maps prod-db to billing-db in eu-west-1, and without that file it is prod-db in eu-west-1\./,
    )
    expect(stderr).toContain('[APPROVAL_MISSING]')
    expect(stderr).toContain('dbtunnel approve prod-db')
    expect(stderr).toContain(`--config ${file}`)
    expect(asked()).not.toContain('ssm:StartSession')
  })

  it('is told by doctor, which asks nobody', async () => {
    const {run} = desk(LEADING)
    const {status, stdout} = await run('doctor', 'prod-db', '--json')
    expect(status).toBe(78)
    expect(JSON.parse(stdout)).toMatchObject({failing: 'database', exitCode: 78})
    await run('approve', 'prod-db')
    const healthy = await run('doctor', 'prod-db', '--json')
    expect(JSON.parse(healthy.stdout)).toMatchObject({failing: null})
  })

  it('is used once it is approved, until it leads elsewhere; other changes of the file count for nothing', async () => {
    const {run, write, home, file} = desk(LEADING)
    const approved = await run('approve', 'prod-db')
    expect(approved).toMatchObject({
      status: 0,
      stdout: `Approved: ${file}:2 maps prod-db to billing-db in eu-west-1, and without that file it is prod-db in eu-west-1.\n`,
    })
    expect(readdirSync(join(home, '.local/state/dbtunnel/approved'))).toHaveLength(1)
    expect(await run(...PSQL)).toMatchObject({status: 0, stdout: BILLING})
    expect((await run(...PSQL)).stderr).toContain(`prod-db is billing-db: ${file}:2`)
    // What lies there is no state of a tunnel.
    expect(await run('status')).toMatchObject({stderr: 'Nothing is open.\n'})
    write(`# a comment\ngroups: {x: [prod-db]}\n${LEADING}  other: {identifier: metrics-db}\n`)
    expect(await run(...PSQL)).toMatchObject({status: 0, stdout: BILLING})
    for (const changed of ['{identifier: metrics-db}', '{identifier: billing-db, region: eu-central-1}']) {
      write(`targets:\n  prod-db: ${changed}\n`)
      expect(await run('token', 'prod-db', '--region', 'eu-west-1')).toMatchObject({status: 78})
    }
    write(LEADING)
    expect(await run(...PSQL)).toMatchObject({status: 0, stdout: BILLING})
  })

  it('is not approved by what was approved of another file, or name', async () => {
    const {run, repository, env} = desk(`${LEADING}  metrics-db: {identifier: billing-db}\n`)
    await run('approve', 'prod-db')
    expect(await run('token', 'metrics-db')).toMatchObject({status: 78})
    const other = join(repository, 'sub')
    mkdirSync(other)
    writeFileSync(join(other, 'dbtunnel.yaml'), LEADING)
    expect(await runIn(['token', 'prod-db'], {env, cwd: other, detached: true})).toMatchObject({status: 78})
  })

  it('is asked about on a terminal, once: only "yes" approves of it', async () => {
    const {screen, run, asked, file} = desk(LEADING)
    for (const answer of ['', 'y', 'no']) {
      const refused = screen(...PSQL)
      const end = await refused.waitFor(/If you want this, type yes \(you will not be asked again\): $/)
      expect(refused.plain().slice(0, end)).toMatch(
        /maps prod-db to another database:\s+without it +prod-db in eu-west-1\s+with it +billing-db in eu-west-1\s+the file +\S+dbtunnel.yaml:2/,
      )
      refused.type(`${answer}\r`)
      expect(await refused.ended).toMatchObject({status: 78})
      expect(refused.plain()).toContain('[APPROVAL_MISSING]')
    }
    expect(asked()).not.toContain('ssm:StartSession')
    const quiet = screen('psql', 'prod-db', '--quiet', '-Atc', WHERE)
    expect(await quiet.ended).toMatchObject({status: 78})
    const agreed = screen(...PSQL)
    await agreed.waitFor(/type yes/)
    agreed.type('yes\r')
    expect(await agreed.ended).toMatchObject({status: 0})
    expect(agreed.plain()).toMatch(/^billing-db\./m)
    expect(await run(...PSQL)).toMatchObject({status: 0, stdout: BILLING})
    expect(await run('config', 'prod-db')).toMatchObject({
      stdout: expect.stringContaining(
        `Note: ${file}:2 maps prod-db to billing-db in eu-west-1, and without that file it is prod-db in eu-west-1. Approved.\n`,
      ) as string,
    })
  })

  it('is asked about before it goes on in the background', async () => {
    const {screen, run} = desk(LEADING)
    const opening = screen('open', 'prod-db', '--detach')
    await opening.waitFor(/type yes/)
    opening.type('yes\r')
    expect(await opening.ended).toMatchObject({status: 0})
    expect(opening.plain()).toMatch(/PGHOST=billing-db\./)
    expect(await run('close', 'prod-db')).toMatchObject({status: 0})
  })

  it('is not used by an open tunnel of that name either', async () => {
    const {run, repository, env} = desk(LEADING)
    await run('approve', 'prod-db')
    expect(await run('open', 'prod-db', '--detach')).toMatchObject({status: 0})
    const other = join(repository, 'sub')
    mkdirSync(other)
    writeFileSync(join(other, 'dbtunnel.yaml'), LEADING)
    const opened = await runIn(['open', 'prod-db'], {env, cwd: other, detached: true})
    expect(opened).toMatchObject({status: 78, stdout: ''})
    expect(await run('close', 'prod-db')).toMatchObject({status: 0})
  })

  it.each([
    ['a reader', 'orders:reader', '{identifier: orders}', 'orders:reader in eu-west-1'],
    ['an endpoint’s host name', HOST, '{identifier: billing-db}', HOST],
    ['a database by another’s host name', 'billing-db', `{host: ${HOST}}`, 'billing-db in eu-west-1'],
  ])('may lead %s', async (_, name, entry, without) => {
    const {run} = desk(`targets:\n  '${name}': ${entry}\n`)
    const {status, stderr} = await run('token', name)
    expect({status, stderr}).toMatchObject({
      status: 78,
      stderr: expect.stringContaining(`file it is ${without}`) as string,
    })
    expect(await run('approve', name)).toMatchObject({status: 0})
    expect(await run('token', name)).toMatchObject({status: 0})
  })

  it('may lead by the name of a group', async () => {
    const {run, write} = desk('groups: {prod-db: [x]}\ntargets: {x: {identifier: billing-db}}\n')
    const exec = () => run('exec', 'prod-db', '--', 'psql', '-Atc', WHERE)
    expect(await exec()).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('maps prod-db to a group: x,') as string,
    })
    expect(await run('approve', 'prod-db')).toMatchObject({status: 0})
    expect(await exec()).toMatchObject({status: 0, stdout: expect.stringMatching(/^x: billing-db\./) as string})
    write('groups: {prod-db: [x]}\ntargets: {x: {identifier: metrics-db}}\n')
    expect(await exec()).toMatchObject({status: 78})
  })

  it('may lead by the region alone, for all names at once', async () => {
    // There is one of that name in the region of the user's own, too, as far as one can tell.
    const {run} = desk('defaults: {region: eu-west-1}\n', {AWS_REGION: 'eu-central-1'})
    expect(await run('token', 'prod-db')).toMatchObject({
      status: 78,
      stderr: expect.stringMatching(
        /:1 maps prod-db to prod-db in eu-west-1, and without that file it is prod-db in eu-central-1/,
      ) as string,
    })
    expect(await run('token', 'prod-db', '--region', 'eu-west-1')).toMatchObject({status: 0})
    expect(await run('approve', 'prod-db')).toMatchObject({status: 0})
    expect(await run('token', 'prod-db')).toMatchObject({status: 0})
  })

  it('needs no approval where the user’s own file says what the name stands for', async () => {
    const {run, home} = desk(LEADING)
    mkdirSync(join(home, '.config/dbtunnel'), {recursive: true})
    writeFileSync(join(home, '.config/dbtunnel/config.yaml'), 'targets: {prod-db: {identifier: metrics-db}}\n')
    expect(await run('token', 'prod-db', '--json')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"host": "metrics-db.') as string,
    })
  })
})

describe.concurrent('no approval is asked for', () => {
  it('where no database has the name; that is found out beside the other questions, and kept', async () => {
    const {run, asked, file} = desk('targets: {shop: {identifier: prod-db}}\n')
    const psql = () => run('psql', 'shop', '-Atc', WHERE)
    const cold = await psql()
    expect(cold).toMatchObject({status: 0, stdout: `${HOST}\n`})
    expect(cold.stderr).toContain(`shop is prod-db: ${file}:1`)
    const before = asked().length
    expect(await psql()).toMatchObject({status: 0})
    expect(
      asked()
        .slice(before)
        .filter((action) => action !== 'ssm:TerminateSession'),
    ).toEqual(['ssm:StartSession'])
  })

  it('where the file only says how to reach the database of that name', async () => {
    const {run} = desk('targets: {prod-db: {identifier: PROD-DB, user: alice, database: shop, readOnly: true}}\n')
    expect(await run(...PSQL)).toMatchObject({status: 0, stdout: `${HOST}\n`})
    expect(await run('approve', 'prod-db')).toMatchObject({
      status: 0,
      stdout: 'No file maps prod-db to another database. There is nothing to approve.\n',
    })
  })

  it.each([
    ['--config', (file: string) => ({words: ['--config', file], env: {}})],
    ['--config with a relative path', () => ({words: ['--config', 'shop/dbtunnel.yaml'], env: {}})],
    ['DBTUNNEL_CONFIG, as in CI', (file: string) => ({words: [], env: {DBTUNNEL_CONFIG: file}})],
  ])('of a file that is named: %s', async (_, named) => {
    const at = desk(LEADING)
    const {words, env}: {words: string[]; env: Record<string, string>} = named(at.file)
    const options = {env: {...at.env, ...env}, cwd: at.home, detached: true}
    expect(await runIn([...PSQL, ...words, '--quiet'], options)).toMatchObject({status: 0, stdout: BILLING, stderr: ''})
    const several = ['exec', '--target', 'prod-db', '--target', 'metrics-db', ...words, '--', 'true']
    expect(await runIn(several, options)).toMatchObject({status: 0})
    const {files} = JSON.parse((await runIn(['config', '--json', ...words], options)).stdout) as ConfigListing
    expect(files).toEqual([
      {owner: 'team', path: at.file, namedBy: env['DBTUNNEL_CONFIG'] ? 'DBTUNNEL_CONFIG' : '--config'},
    ])
    const shown = JSON.parse((await runIn(['config', 'prod-db', '--json', ...words], options)).stdout) as TargetListing
    expect(shown.lead).toBeNull()
  })
})

it('a file that is named stands in the place of the one that would be found, and is held to the same rules', async () => {
  const {run, repository, env} = desk(LEADING)
  const other = join(repository, 'other.yaml')
  writeFileSync(other, 'targets: {prod-db: {user: bob}}\n')
  expect((await run('config', '--config', 'other.yaml')).stdout).toContain(
    `${other} (named by --config: no other one is looked for)`,
  )
  expect(await run('psql', 'prod-db', '--config', other, '-U', 'alice', '-Atc', WHERE)).toMatchObject({
    stdout: `${HOST}\n`,
  })
  writeFileSync(other, 'defaults: {profile: x}\n')
  expect(await run('config', '--config', other)).toMatchObject({
    status: 78,
    stderr: expect.stringContaining("A team's file may not set this") as string,
  })
  expect(await run('config', '--config', 'none.yaml')).toMatchObject({
    status: 78,
    stderr: expect.stringContaining(
      `There is no file ${join(repository, 'none.yaml')}, which --config names.`,
    ) as string,
  })
  const relative = {...env, DBTUNNEL_CONFIG: 'dbtunnel.yaml'}
  expect(await runIn(['config'], {env: relative, cwd: repository, detached: true})).toMatchObject({status: 64})
})

it('a host of the team’s that is not looked up in the account has to be approved, whatever it is called', async () => {
  const full = `{host: ${HOST}, port: 5432, user: alice, database: shop, bastion: ${MACHINE.bastionA}}`
  const {run, asked} = desk(`targets: {shop: ${full}}\n`)
  const psql = () => run('psql', 'shop', '-Atc', WHERE)
  expect(await psql()).toMatchObject({
    status: 78,
    stderr: expect.stringContaining(`maps shop to ${HOST}, and without that file it is shop in eu-west-1.`) as string,
  })
  expect(asked()).toEqual([])
  expect(await run('approve', 'shop')).toMatchObject({status: 0})
  expect(await psql()).toMatchObject({status: 0, stdout: `${HOST}\n`})
})

it('approve is completed with names, and prints JSON', async () => {
  const {run, file} = desk(LEADING)
  expect((await run('complete', '--', 'approve', 'prod')).stdout).toBe('prod-db\n')
  const {stdout} = await run('approve', 'prod-db', '--json')
  expect(JSON.parse(stdout)).toEqual({
    lead: {
      target: 'prod-db',
      without: 'prod-db in eu-west-1',
      to: 'billing-db in eu-west-1',
      from: `${file}:2`,
      approved: true,
    },
  })
})
