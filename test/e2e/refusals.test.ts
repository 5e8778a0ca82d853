import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {MACHINE, PERMISSIONS} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, run} from '../support/dbtunnel.js'
import {inBash} from '../support/shell.js'
import {type Watch, watchFor} from '../support/leftovers.js'

let sandbox: Sandbox
let watch: Watch

beforeAll(async () => {
  sandbox = await startSandbox({dialTimeoutMs: 300})
  watch = watchFor(sandbox, {})
})
afterAll(async () => {
  await watch.expectNothingLeft()
  await sandbox.close()
})

type Env = Readonly<Record<string, string>>

/** Runs with its own environment; nothing of it may be left. */
async function dbtunnel(words: readonly string[], change: Env = {}, identity = 'alice', input = ''): Promise<Ended> {
  const env: Record<string, string> = {...sandbox.env(identity), DBTUNNEL_RESOLVE: 'hostaddr', ...change}
  for (const [name, value] of Object.entries(change)) if (value === '') delete env[name]
  const ended = await run(words, {env, input})
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    const secret = env[name]
    if (secret) expect(ended.stdout + ended.stderr).not.toContain(secret)
  }
  return ended
}

/** All but those whose stdout is a client's, or a shell's at each press of a key. */
const WITH_JSON = Object.keys(
  (JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as {commands: object})
    .commands,
).filter((id) => !['psql', 'exec', 'complete'].includes(id))

const requests = (): number => sandbox.aws.log.length

describe('before any call to AWS', () => {
  it('a local port that is taken', async () => {
    const before = requests()
    const port = new URL(sandbox.aws.url).port
    const ended = await dbtunnel(['psql', 'prod-db', '--local-port', port])
    expect(ended).toMatchObject({status: 73, stdout: ''})
    expect(ended.stderr).toContain('[PORT_IN_USE]')
    expect(requests()).toBe(before)
  })

  it.each<[string, string[], number, string, RegExp, Env?, string?]>([
    ['no target, a script on stdin', ['psql'], 64, 'TARGET_MISSING', /dbtunnel psql prod-db/, {}, 'drop table x;'],
    ['a target that begins with a dash', ['psql', '--', '-prod'], 64, 'TARGET_MISSING', /./],
    ['an unknown flag', ['psql', 'prod-db', '--nope'], 64, 'USAGE', /./],
    [
      'an unknown flag of token',
      ['token', 'prod-db', '--nope'],
      64,
      'USAGE',
      /no option --nope\..*\n.*dbtunnel token --help/,
    ],
    [
      'a mistyped flag',
      ['open', 'prod-db', '--detatch'],
      64,
      'USAGE',
      /no option --detatch\..*\n.*Did you mean --detach\?/,
    ],
    ['no target for open', ['open'], 64, 'TARGET_MISSING', /dbtunnel open prod-db/],
    ['no shell for completion', ['completion'], 64, 'USAGE', /SHELL is missing\./],
    ['a switch of open with a value', ['open', 'prod-db', '--detach=no'], 64, 'USAGE', /--detach does not take/],
    [
      'none at a time',
      ['exec', 'prod-db', '--parallel', '0', '--', 'true'],
      64,
      'VALUE_INVALID',
      /--parallel: .* 1 .* 0\./,
    ],
    [
      'a psql option before the target',
      ['psql', '-c', 'select 1', 'prod-db'],
      64,
      'OPTION_BEFORE_TARGET',
      /dbtunnel psql prod-db -c 'select 1'/,
    ],
    ['a target that is no name', ['psql', 'prod db'], 64, 'TARGET_INVALID', /./],
    ['a port out of range', ['psql', 'prod-db', '--local-port', '70000'], 64, 'VALUE_INVALID', /65535/],
    ['a malformed region', ['psql', 'prod-db', '--region', 'mars'], 64, 'VALUE_INVALID', /eu-west-1/],
    ['a lower sslmode', ['psql', 'prod-db', '--sslmode', 'require'], 64, 'VALUE_INVALID', /verify-full/],
    ['a host for psql', ['psql', 'prod-db', '-h', 'elsewhere'], 64, 'ARGUMENT_REFUSED', /./],
    ['a port for psql', ['psql', 'prod-db', '-Atp5433'], 64, 'ARGUMENT_REFUSED', /./],
    ['a connection string', ['psql', 'prod-db', 'sslmode=disable dbname=shop'], 64, 'ARGUMENT_REFUSED', /./],
    ['a connection URL', ['psql', 'prod-db', '-d', 'postgres://evil/'], 64, 'ARGUMENT_REFUSED', /./],
    ['two users', ['psql', 'prod-db', '-U', 'alice', '--username=bob'], 64, 'ARGUMENT_REFUSED', /./],
    [
      'a flag given twice',
      ['psql', 'prod-db', '--region', 'eu-west-1', '--region', 'eu-west-2'],
      64,
      'USAGE',
      /--help/,
    ],
    ['a switch with a value', ['psql', 'prod-db', '--debug=1'], 64, 'USAGE', /--help/],
    ['no region', ['psql', 'prod-db'], 78, 'REGION_MISSING', /--region/, {AWS_REGION: ''}],
    ['an unknown profile', ['psql', 'prod-db', '--profile', 'nope'], 78, 'CONFIG_INVALID', /aws configure/],
    [
      'an endpoint URL that is none',
      ['psql', 'prod-db'],
      78,
      'CONFIG_INVALID',
      /"nonsense" is not a URL.*\n.*AWS_ENDPOINT_URL/,
      {AWS_ENDPOINT_URL: 'nonsense'},
    ],
    [
      'an endpoint URL without https://',
      ['psql', 'prod-db'],
      78,
      'CONFIG_INVALID',
      /begins with "localhost:", and not with https:\/\/.*\n.*AWS_ENDPOINT_URL/,
      {AWS_ENDPOINT_URL: 'localhost:4566'},
    ],
    [
      'an endpoint URL in clear text',
      ['psql', 'prod-db'],
      78,
      'CONFIG_INVALID',
      /http:\/\/192\.0\.2\.1:4566 is not encrypted.*\n.*AWS_ENDPOINT_URL.*\n.*https:\/\//,
      {AWS_ENDPOINT_URL: 'http://192.0.2.1:4566'},
    ],
    [
      'a plugin that is not there',
      ['psql', 'prod-db', '--engine', 'plugin'],
      78,
      'PLUGIN_UNUSABLE',
      /--engine native/,
      {DBTUNNEL_PLUGIN: '/nonexistent'},
    ],
    ['psql that is not there', ['psql', 'prod-db'], 127, 'CLIENT_MISSING', /install/, {PATH: '/nonexistent'}],
    ['an unknown command', ['pqsl'], 64, 'COMMAND_UNKNOWN', /dbtunnel psql/],
    ['an unknown command and its target', ['pqsl', 'prod-db'], 64, 'COMMAND_UNKNOWN', /"pqsl".*\n.*dbtunnel psql\n/],
    ['a command of two words', ['hosts', 'instal'], 64, 'COMMAND_UNKNOWN', /: dbtunnel hosts install\n/],
    ['a word too many', ['hosts', 'clean', 'up'], 64, 'COMMAND_UNKNOWN', /: dbtunnel hosts clean\n/],
    ['a target and no command', ['prod-db'], 64, 'COMMAND_UNKNOWN', /: dbtunnel psql prod-db\n/],
    ['the target before the command', ['prod-db', 'open'], 64, 'COMMAND_UNKNOWN', /: dbtunnel open prod-db\n/],
    ['dump X', ['dump', 'prod-db'], 64, 'COMMAND_UNKNOWN', /dbtunnel exec prod-db -- pg_dump/],
    ['env X', ['env', 'prod-db'], 64, 'COMMAND_UNKNOWN', /eval "\$\(dbtunnel open prod-db --detach\)"/],
    ['login', ['login'], 64, 'COMMAND_UNKNOWN', /aws sso login/],
    ['a flag and no command', ['--quiet'], 64, 'COMMAND_UNKNOWN', /\n {2}dbtunnel --help\n/],
    ['an empty command', [''], 64, 'COMMAND_UNKNOWN', /\n {2}dbtunnel --help\n/],
  ])('%s', async (_, words, status, code, hint, change = {}, input = '') => {
    const before = requests()
    const ended = await dbtunnel(words, change, 'alice', input)
    expect(ended).toMatchObject({status, stdout: ''})
    expect(ended.stderr).toContain(`[${code}]`)
    expect(ended.stderr).toMatch(hint)
    expect(ended.stderr).not.toMatch(/^\s+at /m)
    if (code !== 'PLUGIN_UNUSABLE') expect(requests()).toBe(before)
  })
})

it.each(['status', 'list'])('a working directory that is gone: %s says so, 78', async (command) => {
  const env = sandbox.env()
  const line = 'mkdir "$HOME/gone" && cd "$HOME/gone" && rmdir "$HOME/gone" && exec "$@"'
  expect(await inBash(line, [command], env)).toMatchObject({
    status: 78,
    stderr: expect.stringMatching(/^dbtunnel: [^\n]* \[CONFIG_INVALID\]\n {2}[^\n]*: cd\n$/),
  })
})

it('a word that is not in UTF-8, which would reach psql changed', async () => {
  const before = requests()
  const line = `exec "$@" -c "$(printf "select '\\351'")"`
  const {status, stderr} = await inBash(line, ['psql', 'prod-db'], sandbox.env())
  expect(status).toBe(64)
  expect(stderr).toContain('[ARGUMENT_REFUSED]')
  expect(requests()).toBe(before)
})

describe.concurrent('what the account says', () => {
  it.each<[string, string[], number, string, RegExp]>([
    ['an unknown name', ['prd-db'], 68, 'TARGET_UNKNOWN', /Did you mean prod-db\?/],
    [
      'IAM login off',
      ['legacy-db'],
      69,
      'IAM_LOGIN_OFF',
      /aws rds modify-db-instance .*--enable-iam-database-authentication/,
    ],
    ['stopped', ['reports-db'], 69, 'DATABASE_UNAVAILABLE', /aws rds start-db-instance/],
    ['a stopped cluster', ['archive'], 69, 'DATABASE_UNAVAILABLE', /aws rds start-db-cluster/],
    ['being created', ['fresh-db'], 69, 'DATABASE_UNAVAILABLE', /aws rds wait/],
    ['another engine', ['erp-oracle'], 69, 'ENGINE_UNSUPPORTED', /./],
    [
      'out of every bastion’s reach',
      ['sealed-db'],
      69,
      'DATABASE_UNREACHABLE',
      /aws ec2 authorize-security-group-ingress --group-id sg-\w+ --protocol tcp --port 5432 --source-group sg-\w+ /,
    ],
    ['no bastion by that tag', ['prod-db', '--bastion', 'tag:Role=nope'], 69, 'BASTION_NONE', /./],
    [
      'a bastion that is stopped',
      ['prod-db', '--bastion', MACHINE.stopped],
      69,
      'BASTION_NONE',
      /describe-instance-status/,
    ],
    ['a bastion that is lost', ['prod-db', '--bastion', MACHINE.lost], 69, 'BASTION_NONE', /ConnectionLost/],
    ['a bastion that is too old', ['prod-db', '--bastion', MACHINE.old], 69, 'BASTION_NONE', /3\.1\.1260\.0/],
    ['a bastion without an agent', ['prod-db', '--bastion', MACHINE.bare], 69, 'BASTION_NONE', /./],
    [
      'a node on premises without the advanced tier',
      ['prod-db', '--bastion', MACHINE.onPremises],
      69,
      'BASTION_NONE',
      /./,
    ],
  ])('%s', async (_, words, status, code, hint) => {
    const ended = await dbtunnel(['psql', ...words, '-c', 'select 1'])
    expect(ended).toMatchObject({status, stdout: ''})
    expect(ended.stderr).toContain(`[${code}]`)
    expect(ended.stderr).toMatch(hint)
  })

  it.each(WITH_JSON)('%s --json: a usage error as one object', async (id) => {
    const {status, stdout, stderr} = await dbtunnel([...id.split(':'), '--json', '--nonesuch'])
    expect({status, stderr}).toEqual({status: 64, stderr: ''})
    expect(JSON.parse(stdout)).toMatchObject({error: {code: 'USAGE', exitCode: 64}})
  })

  it('an error as JSON', async () => {
    const {status, stdout} = await dbtunnel(['token', 'prd-db', '--json'])
    expect(status).toBe(68)
    expect(JSON.parse(stdout)).toMatchObject({error: {code: 'TARGET_UNKNOWN', exitCode: 68}})
  })
})

describe.concurrent('what these credentials may', () => {
  const asked = ['ssm:DescribeSessions', 'ec2:DescribeSecurityGroups', 'rds:DescribeGlobalClusters']
  const named: Readonly<Record<string, string>> = {document: 'ssm:StartSession', instance: 'ssm:StartSession', node: ''}
  const harmless = ['ssm:ResumeSession', 'ssm:TerminateSession', 'rds-db:connect', 'service', 'no-role', 'node']

  it.each(PERMISSIONS.filter((one) => !asked.includes(one) && !harmless.includes(one)))(
    'without %s: 77, the action and its statement',
    async (permission) => {
      const action = named[permission] ?? permission
      const ended = await dbtunnel(
        ['psql', 'orders:analytics', '--engine', 'native', '-c', 'select 1'],
        {},
        `without-${permission}`,
      )
      expect(ended).toMatchObject({status: 77, stdout: ''})
      expect(ended.stderr).toContain('[ACCESS_DENIED]')
      expect(ended.stderr).toContain(action)
      expect(ended.stderr).toMatch(/"Effect":\s*"Allow"/)
    },
  )

  it('without rds-db:connect: psql’s own status, and the statement that mends it', async () => {
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '-c', 'select 1'], {}, 'without-rds-db:connect')
    expect(status).toBe(2)
    expect(stderr).toContain('PAM authentication failed')
    expect(stderr).toContain('"Action":"rds-db:connect"')
    expect(stderr).toMatch(/dbuser:db-[A-Z0-9]+\//)
  })

  it('a user without the role: what an administrator has to type', async () => {
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '-U', 'password_only', '-c', 'select 1'])
    expect(status).toBe(2)
    expect(stderr).toContain('GRANT rds_iam TO "password_only";')
    expect(stderr).not.toContain('rds-db:connect')
  })

  it('a database that is not there: psql’s own words are the last', async () => {
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '-d', 'nope', '-c', 'select 1'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/database "nope" does not exist\n$/)
  })

  it('without ssm:TerminateSession: the work is done, and what could not be undone is said', async () => {
    const {status, stdout, stderr} = await dbtunnel(
      ['psql', 'prod-db', '-Atc', 'select 1'],
      {},
      'without-ssm:TerminateSession',
    )
    expect({status, stdout}).toEqual({status: 0, stdout: '1\n'})
    expect(stderr).toContain('ssm:TerminateSession')
  })

  it('no credentials', async () => {
    const none = {AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: ''}
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '-c', 'select 1'], none)
    expect(status).toBe(77)
    expect(stderr).toContain('[CREDENTIALS_MISSING]')
  })

  it('expired keys', async () => {
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '-c', 'select 1'], {}, 'expired')
    expect(status).toBe(77)
    expect(stderr).toContain('[CREDENTIALS_EXPIRED]')
  })

  it('an SSO login that is needed again: the command that renews it', async () => {
    const env = sandbox.env()
    const file = join(env['HOME'] ?? '', 'config')
    writeFileSync(
      file,
      '[profile work]\nsso_session = corp\nsso_account_id = 412093857610\nsso_role_name = Engineer\nregion = eu-west-1\n' +
        '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n',
    )
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '--profile', 'work'], {AWS_CONFIG_FILE: file})
    expect(status).toBe(77)
    expect(stderr).toContain('aws sso login --profile work')
  })
})

it('AWS out of reach: 75, and not a word but ours', async () => {
  const {status, stderr} = await dbtunnel(['psql', 'prod-db', '--quiet'], {AWS_ENDPOINT_URL: 'http://127.0.0.1:9'})
  expect(status).toBe(75)
  expect(stderr).toMatch(/^dbtunnel: [^\n]* \[AWS_UNREACHABLE\]\n( {2}[^\n]*\n)*$/)
})

describe('what the service does', () => {
  it('throttling that passes is not noticed', async () => {
    sandbox.aws.disturbances.add({action: 'ssm:StartSession', times: 2, effect: {kind: 'throttle'}})
    expect(await dbtunnel(['psql', 'prod-db', '-Atc', 'select 1'])).toMatchObject({status: 0, stdout: '1\n'})
  })

  it('throttling that does not: 75', async () => {
    const restore = sandbox.aws.disturbances.add({action: 'ssm:StartSession', effect: {kind: 'throttle'}})
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '-c', 'select 1'])
    restore()
    expect(status).toBe(75)
    expect(stderr).toContain('[AWS_THROTTLED]')
  })

  it('a bastion that is not connected after all: the next one', async () => {
    sandbox.aws.disturbances.add({
      action: 'ssm:StartSession',
      times: 1,
      effect: {kind: 'error', code: 'TargetNotConnected', status: 400},
    })
    const {status, stdout} = await dbtunnel(['psql', 'prod-db', '-Atc', 'select 1'])
    expect({status, stdout}).toEqual({status: 0, stdout: '1\n'})
    const asked = sandbox.aws.log.filter(({action}) => action === 'ssm:StartSession').slice(-2)
    expect(new Set(asked.map(({parameters}) => (parameters as {Target: string}).Target)).size).toBe(2)
  })

  it('a node on premises without the advanced tier: AWS’s words, and the command that turns it on (case 3)', async () => {
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '--bastion', MACHINE.onPremises, '-c', 'select 1'])
    expect(status).toBe(69)
    const told = stderr.replaceAll(/\s+/g, ' ')
    expect(told).toContain('Enable advanced-instances tier to use Session Manager with your on-premises instances')
    expect(told).toContain(
      'aws ssm update-service-setting --setting-id /ssm/managed-instance/activation-tier --setting-value advanced --region eu-west-1',
    )
    expect(stderr).not.toContain('not connected')
  })

  it('any other BadRequest: AWS’s words (case 3)', async () => {
    const restore = sandbox.aws.disturbances.add({
      action: 'ssm:StartSession',
      effect: {kind: 'error', code: 'BadRequest', message: 'The moon is in the wrong house.'},
    })
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '-c', 'select 1'])
    restore()
    expect(status).toBe(69)
    expect(stderr).toContain('The moon is in the wrong house.')
    expect(stderr).not.toContain('not connected')
  })

  it('no token in time: 75', async () => {
    const restore = sandbox.aws.disturbances.add({action: 'rds:DescribeDBInstances', effect: {kind: 'hang'}})
    const {status, stderr} = await dbtunnel(['token', 'prod-db'], {DBTUNNEL_TIMEOUT: '2s'})
    restore()
    expect(status).toBe(75)
    expect(stderr).toContain('[TIMEOUT]')
  })

  it('no answer in time: 75, naming the step', async () => {
    const restore = sandbox.aws.disturbances.add({action: 'rds:DescribeDBInstances', effect: {kind: 'hang'}})
    const {status, stderr} = await dbtunnel(['psql', 'prod-db', '--timeout', '2s', '-c', 'select 1'])
    restore()
    expect(status).toBe(75)
    expect(stderr).toContain('[TIMEOUT]')
    expect(stderr).toContain('Database')
  })
})
