import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {settingsScope} from '../../../../src/adapters/aws/scope.js'

const folders: string[] = []

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const folder of folders.splice(0)) await rm(folder, {recursive: true})
})

/** The scope of a profile in such a config file; the file's own path does not count. */
async function scope(
  config: string,
  {profile, region = 'eu-west-1', env = {}}: {profile?: string; region?: string; env?: Record<string, string>} = {},
): Promise<string | undefined> {
  // A new path each time: the SDK keeps what it has read. By HOME, for AWS_CONFIG_FILE is part of the scope.
  const folder = await mkdtemp(join(tmpdir(), 'dbtunnel-scope-'))
  folders.push(folder)
  await mkdir(join(folder, '.aws'))
  await writeFile(join(folder, '.aws/config'), config)
  vi.stubEnv('HOME', folder)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  try {
    return await settingsScope({profile, region})
  } finally {
    for (const name of Object.keys(env)) vi.stubEnv(name, undefined)
  }
}

const CONFIG = `
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = verysecret
[profile sso]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Engineer
services = local
[profile admin]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = base
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = othersecret
aws_session_token = atoken
[profile tool]
credential_process = /usr/bin/tool --account one
[profile console]
login_session = arn:aws:iam::123456789012:user/alice
[profile web]
role_arn = arn:aws:iam::123456789012:role/Web
web_identity_token_file = /var/token
[profile legacy-sso]
sso_start_url = https://corp.awsapps.com/start
sso_account_id = 111111111111
[profile machine]
role_arn = arn:aws:iam::123456789012:role/Machine
credential_source = Ec2InstanceMetadata
[profile container]
role_arn = arn:aws:iam::123456789012:role/Container
credential_source = EcsContainer
[profile keys-of-the-environment]
role_arn = arn:aws:iam::123456789012:role/Env
credential_source = Environment
[profile of-machine]
role_arn = arn:aws:iam::123456789012:role/Second
source_profile = machine
[profile empty]
region = eu-west-1
[profile loop]
source_profile = loop
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[services local]
ssm =
  endpoint_url = http://127.0.0.1:1
`
const KEYS = {AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'envsecret'}

describe('settingsScope', () => {
  it.each(['sso', 'admin', 'base', 'tool', 'console', 'web', 'legacy-sso', undefined])(
    'tells who asks by profile %s',
    async (profile) => {
      const one = await scope(CONFIG, profile === undefined ? {} : {profile})
      expect(one).toMatch(/^[0-9a-f]{64}$/)
      expect(await scope(CONFIG, profile === undefined ? {} : {profile})).toBe(one)
    },
  )

  it.each(['machine', 'container', 'of-machine', 'empty', 'loop', 'keys-of-the-environment'])(
    'does not for %s: something else decides',
    async (profile) => {
      expect(await scope(CONFIG, {profile})).toBeUndefined()
    },
  )

  it('does not without any setting, nor for a container’s credentials', async () => {
    expect(await scope('')).toBeUndefined()
    const uri = 'http://localhost:1338/latest/meta-data/container/security-credentials'
    expect(await scope('', {env: {AWS_CONTAINER_CREDENTIALS_FULL_URI: uri}})).toBeUndefined()
    expect(await scope('', {env: {AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x'}})).toBeUndefined()
  })

  it.each([
    ['sso', 'sso_account_id = 111111111111\nsso_role_name', 'sso_account_id = 222222222222\nsso_role_name'],
    ['sso', 'sso_role_name = Engineer', 'sso_role_name = Admin'],
    ['sso', 'sso_region = eu-west-1', 'sso_region = us-east-1'],
    ['sso', 'corp.awsapps.com/start\nsso_region', 'other.awsapps.com/start\nsso_region'],
    ['sso', 'endpoint_url = http://127.0.0.1:1', 'endpoint_url = http://127.0.0.1:2'],
    ['admin', 'role/Admin', 'role/Reader'],
    ['admin', 'AKIABASE', 'AKIAOTHER'],
    ['admin', 'source_profile = base', 'source_profile = default'],
    ['tool', '--account one', '--account two'],
    ['console', 'user/alice', 'user/bob'],
    ['web', 'role/Web', 'role/Other'],
    [
      'legacy-sso',
      'sso_start_url = https://corp.awsapps.com/start\nsso_account_id',
      'sso_start_url = https://x.awsapps.com/start\nsso_account_id',
    ],
  ])('of %s changes with a setting: %j', async (profile, from, to) => {
    const changed = CONFIG.replace(from, to)
    expect(changed).not.toBe(CONFIG)
    expect(await scope(changed, {profile})).toBeDefined()
    expect(await scope(changed, {profile})).not.toBe(await scope(CONFIG, {profile}))
  })

  it('changes with the profile’s name, the region, the key in the environment, a role there, an endpoint', async () => {
    const all = [
      () => scope(CONFIG),
      () => scope(CONFIG, {profile: 'base'}),
      () => scope(CONFIG, {profile: 'base', region: 'us-east-1'}),
      () => scope(CONFIG, {env: KEYS}),
      () => scope(CONFIG, {env: {...KEYS, AWS_ACCESS_KEY_ID: 'AKIAELSE'}}),
      () => scope(CONFIG, {env: {...KEYS, AWS_ENDPOINT_URL: 'http://127.0.0.1:1'}}),
      () => scope(CONFIG, {env: {...KEYS, AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:1'}}),
      () => scope(CONFIG, {profile: 'keys-of-the-environment', env: KEYS}),
      () => scope('', {env: {AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/A', AWS_WEB_IDENTITY_TOKEN_FILE: '/token'}}),
      () => scope('', {env: {AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/B', AWS_WEB_IDENTITY_TOKEN_FILE: '/token'}}),
    ]
    const scopes: (string | undefined)[] = []
    for (const one of all) scopes.push(await one())
    expect(scopes).not.toContain(undefined)
    expect(new Set(scopes).size).toBe(scopes.length)
  })

  it('does not change with a secret: none is in it', async () => {
    const renewed = CONFIG.replace('othersecret', 'newsecret').replace('atoken', 'newtoken')
    expect(await scope(renewed, {profile: 'admin'})).toBe(await scope(CONFIG, {profile: 'admin'}))
    const [one, two] = ['a', 'b'].map((secret) => ({...KEYS, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: secret}))
    expect(await scope('', {env: one ?? {}})).toBe(await scope('', {env: two ?? {}}))
  })
})
