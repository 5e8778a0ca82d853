import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it, vi} from 'vitest'
import {awsApi} from '../../src/adapters/aws/aws-api.js'

// Case 6: a host name that does not resolve, and what has made it. No region has an "xx-nowhere-1".

const REGION = 'xx-nowhere-1'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dbtunnel-names-'))
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, {recursive: true})
})

it.each<[string, Record<string, string>, string, RegExp]>([
  ['dual-stack', {AWS_USE_DUALSTACK_ENDPOINT: 'true'}, '', /AWS_USE_DUALSTACK_ENDPOINT=true/],
  ['FIPS', {AWS_USE_FIPS_ENDPOINT: 'true'}, '', /AWS_USE_FIPS_ENDPOINT=true/],
  ['an endpoint URL', {AWS_ENDPOINT_URL: 'https://aws.invalid'}, '', /AWS_ENDPOINT_URL\./],
  ["a service's URL", {AWS_ENDPOINT_URL_STS: 'https://sts.invalid'}, '', /AWS_ENDPOINT_URL_STS\./],
  ['a line of the profile', {}, '[default]\nuse_dualstack_endpoint = true\n', /use_dualstack_endpoint in .*config:2/],
])('%s is named', {timeout: 60_000}, async (_, variables, config, named) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  writeFileSync(join(folder, 'config'), config)
  const aws = awsApi({region: REGION, say: {debug: () => {}, notice: () => {}}})
  await expect(aws.sts.identity()).rejects.toMatchObject({
    code: 'AWS_UNREACHABLE',
    hint: expect.stringMatching(named),
  })
})

it('without any of them, the region is to be checked', {timeout: 60_000}, async () => {
  const aws = awsApi({region: REGION, say: {debug: () => {}, notice: () => {}}})
  await expect(aws.sts.identity()).rejects.toMatchObject({hint: expect.stringContaining('region')})
})
