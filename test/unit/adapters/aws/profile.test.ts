import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {credentialSource, profileAccount, profileRegion} from '../../../../src/adapters/aws/profile.js'

const CONFIG = `
[default]
region = eu-west-1
[profile dev]
sso_session = corp
region = eu-north-1
[profile admin]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = dev
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile person]
sso_session = corp
sso_account_id = 210987654321
[profile console]
login_session = arn:aws:iam::123456789012:user/alice
[profile loop]
source_profile = loop
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
[services local]
ssm =
  endpoint_url = http://127.0.0.1:1
`

let folder: string
beforeEach(async () => {
  // A new path each time: the SDK keeps what it has read.
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-profile-'))
  await writeFile(join(folder, 'config'), CONFIG)
  await writeFile(join(folder, 'credentials'), '[keys]\naws_access_key_id = a\naws_secret_access_key = b\n')
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_PROFILE', '')
  vi.stubEnv('AWS_ACCESS_KEY_ID', '')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, {recursive: true})
})

describe('profileRegion', () => {
  it('is that of the profile by its name, of AWS_PROFILE, or of the default', async () => {
    expect(await profileRegion('dev')).toBe('eu-north-1')
    expect(await profileRegion(undefined)).toBe('eu-west-1')
    vi.stubEnv('AWS_PROFILE', 'dev')
    expect(await profileRegion(undefined)).toBe('eu-north-1')
    expect(await profileRegion('keys')).toBeUndefined()
  })

  it('rejects an unknown profile with the closest names', async () => {
    await expect(profileRegion('devv')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      exitCode: 78,
      message: 'There is no AWS profile "devv".',
      hint: 'Did you mean --profile dev?',
    })
    await expect(profileRegion('something-else')).rejects.toMatchObject({
      hint: 'Known profiles: default, dev, admin, mfa, person, console, loop, keys',
    })
  })
})

describe('credentialSource', () => {
  it.each([
    ['dev', 'aws sso login --profile dev'],
    ['admin', 'aws sso login --profile dev'],
    ['console', 'aws login --profile console'],
    ['keys', undefined],
    ['loop', undefined],
  ])('knows how %s is renewed', async (profile, renewal) => {
    expect((await credentialSource(profile)).renewal?.join(' ')).toBe(renewal)
  })

  it('knows who asks for an MFA code, and keys in the environment', async () => {
    expect(await credentialSource('mfa')).toMatchObject({asksForMfa: true, kind: 'profile', profile: 'mfa'})
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'a')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b')
    expect(await credentialSource(undefined)).toMatchObject({kind: 'environment'})
    expect(await credentialSource('dev')).toMatchObject({kind: 'profile'})
  })
})

it('the account is the one that the profile names', async () => {
  expect(await profileAccount('person')).toBe('210987654321')
  expect(await profileAccount('admin')).toBe('123456789012')
  expect(await profileAccount('console')).toBeUndefined()
  vi.stubEnv('AWS_PROFILE', 'admin')
  expect(await profileAccount(undefined)).toBe('123456789012')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b')
  expect(await profileAccount(undefined)).toBeUndefined()
})
