import {createHash} from 'node:crypto'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {inspect} from 'node:util'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {awsApi} from '../../src/adapters/aws/aws-api.js'
import {webSocketPort} from '../../src/adapters/network/websocket.js'
import type {DbtunnelError} from '../../src/core/errors.js'
import {type AwsApi} from '../../src/core/ports/aws.js'
import {MACHINE, REGION} from '../sandbox/account.js'
import {type Plane, startPlane} from '../sandbox/aws.js'
import {type Authority, createAuthority} from '../sandbox/database.js'
import {type Proxy, startProxy} from '../support/proxy.js'

// AWS by its own names, which lead nowhere but through this proxy. It opens TLS, as companies' proxies do.
const LOGIN = 'ann:s3cr%t@'
const IN_URL = 'ann:s3cr%25t%40'
let plane: Plane
let authority: Authority
let proxy: Proxy
let folder: string

beforeEach(async () => {
  plane = await startPlane()
  authority = await createAuthority('Corporate')
  const port = Number(new URL(plane.aws.url).port)
  const portOf = (host: string): number | undefined => (host.endsWith('.amazonaws.com') ? port : undefined)
  proxy = await startProxy({portOf, login: LOGIN, authority})
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-proxy-'))
  await writeFile(join(folder, 'ca.pem'), authority.root)
  const {accessKeyId, secretKey, sessionToken = ''} = plane.keys.keysOf('alice')
  const environment = {
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_ENDPOINT_URL: '',
    AWS_PROFILE: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_CREDENTIAL_EXPIRATION: '',
    AWS_CA_BUNDLE: join(folder, 'ca.pem'),
    HTTPS_PROXY: `http://${IN_URL}@127.0.0.1:${proxy.port}`,
    HTTP_PROXY: '',
    NO_PROXY: '',
    https_proxy: '',
    no_proxy: '',
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all([proxy.close(), plane.aws.close(), rm(folder, {recursive: true})])
})

const api = (profile?: string, region = REGION): AwsApi => awsApi({profile, region, say: {debug() {}, notice() {}}})

async function failureOf(work: Promise<unknown>): Promise<DbtunnelError> {
  const failure: DbtunnelError = await work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: DbtunnelError) => error,
  )
  expect(inspect(failure, {depth: 20})).not.toMatch(/s3cr|Basic /)
  return failure
}

describe('calls to AWS', () => {
  it('go through it, by each service’s own name', async () => {
    const aws = api()
    expect((await aws.sts.identity()).name).toBe('alice')
    await Promise.all([aws.rds.clusters(), aws.ec2.instances({filters: []}), aws.ssm.managedNodes([MACHINE.bare])])
    const services = ['ec2', 'rds', 'ssm', 'sts']
    expect([...new Set(proxy.led)].sort()).toEqual(services.map((one) => `${one}.${REGION}.amazonaws.com:443`))
  })

  it.each([
    ['cn-north-1', 'cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'us-gov-west-1.amazonaws.com'],
  ])('in %s go to the names of its partition', async (region, domain) => {
    await proxy.close()
    proxy = await startProxy({portOf: () => 9, login: LOGIN})
    vi.stubEnv('HTTPS_PROXY', `http://${IN_URL}@127.0.0.1:${proxy.port}`)
    const {ec2, rds, ssm, sts} = api(undefined, region)
    const calls = [ec2.instances({filters: []}), rds.clusters(), ssm.managedNodes([MACHINE.bare]), sts.identity()]
    await Promise.all(calls.map(failureOf))
    const hosts = ['ec2', 'rds', 'ssm', 'sts'].map((service) => `${service}.${domain}:443`)
    expect([...new Set(proxy.led)].sort()).toEqual(hosts)
    // To the plugin, which makes it up for itself where it can.
    expect(await ssm.endpointUrl()).toBe(region.startsWith('cn') ? `https://ssm.${domain}` : '')
  })

  it('do not, where NO_PROXY names the host', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'https://nowhere.invalid')
    vi.stubEnv('NO_PROXY', '.invalid')
    const {message} = await failureOf(api().sts.identity())
    expect(message).toBe('Cannot reach nowhere.invalid: its name cannot be resolved.')
    expect(proxy.led).toEqual([])
  })

  it('do not, on this machine itself', async () => {
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${proxy.port}`)
    vi.stubEnv('AWS_ENDPOINT_URL', plane.aws.url)
    expect((await api().sts.identity()).name).toBe('alice')
    expect(proxy.led).toEqual([])
  })

  it('trust the authorities of the profile’s ca_bundle, and of AWS_CA_BUNDLE before it', async () => {
    const {accessKeyId, secretKey, sessionToken} = plane.keys.keysOf('alice')
    const keys = `aws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretKey}\naws_session_token=${sessionToken}`
    await writeFile(join(folder, 'config'), `[profile dev]\nca_bundle = ${join(folder, 'ca.pem')}\n${keys}\n`)
    vi.stubEnv('AWS_CA_BUNDLE', '')
    expect((await api('dev').sts.identity()).name).toBe('alice')
    vi.stubEnv('AWS_PROFILE', '')
    const {code, hint} = await failureOf(api().sts.identity())
    expect([code, hint]).toEqual(['AWS_UNREACHABLE', expect.stringContaining('AWS_CA_BUNDLE=')])
    vi.stubEnv('AWS_CA_BUNDLE', join(folder, 'missing.pem'))
    expect(await failureOf(api('dev').sts.identity())).toMatchObject({code: 'CONFIG_INVALID', exitCode: 78})
  })
})

describe('a login by SSO', () => {
  beforeEach(async () => {
    const start = 'https://example.awsapps.com/start'
    const login = [`sso_start_url = ${start}`, 'sso_region = eu-west-1', 'sso_account_id = 1', 'sso_role_name = dev']
    await writeFile(join(folder, 'config'), ['[profile dev]', ...login].join('\n'))
    const cache = join(folder, '.aws', 'sso', 'cache')
    await mkdir(cache, {recursive: true})
    const token = {accessToken: 'SECRET', expiresAt: new Date(Date.now() + 3_600_000).toISOString()}
    await writeFile(join(cache, `${createHash('sha1').update(start).digest('hex')}.json`), JSON.stringify(token))
  })

  it('is asked for through it', async () => {
    await failureOf(api('dev').sts.identity())
    expect(new Set(proxy.led)).toEqual(new Set(['portal.sso.eu-west-1.amazonaws.com:443']))
  })

  it('has not expired when it is the proxy that fails', async () => {
    proxy.answer(403)
    expect(await failureOf(api('dev').sts.identity())).toMatchObject({code: 'PROXY_REFUSED'})
  })
})

it('credentials of a container are not asked for through it', async () => {
  const {accessKeyId: AccessKeyId, secretKey: SecretAccessKey, sessionToken: Token} = plane.keys.keysOf('alice')
  const Expiration = new Date(Date.now() + 3_600_000).toISOString()
  const container = createServer((_, response) =>
    response.end(JSON.stringify({AccessKeyId, SecretAccessKey, Token, Expiration})),
  )
  await new Promise<void>((resolve) => container.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${proxy.port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', '')
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${(container.address() as AddressInfo).port}/`)
  expect((await api().sts.identity()).name).toBe('alice')
  expect(new Set(proxy.led)).toEqual(new Set([`sts.${REGION}.amazonaws.com:443`]))
  container.closeAllConnections()
  container.close()
})

describe('a proxy that', () => {
  const name = (): string => `127.0.0.1:${proxy.port}`
  const stream = `wss://ssmmessages.${REGION}.amazonaws.com/v1/data-channel/alice-1`

  const both = async (): Promise<readonly DbtunnelError[]> =>
    Promise.all([failureOf(api().sts.identity()), failureOf(webSocketPort.connect(stream, {}))])

  it('wants a password', async () => {
    vi.stubEnv('HTTPS_PROXY', name())
    for (const failure of await both()) {
      expect(failure).toMatchObject({code: 'PROXY_REFUSED', exitCode: 78})
      expect(failure.message).toContain(`${name()} wants a user and a password`)
      expect(failure.hint).toContain(`HTTPS_PROXY=http://USER:PASSWORD@${name()}`)
    }
  })

  it('wants another one', async () => {
    vi.stubEnv('HTTPS_PROXY', `http://ann:s3cr3t@${name()}`)
    for (const {message} of await both()) expect(message).toMatch(/does not accept the user and the password/)
  })

  it('lets nobody through to AWS', async () => {
    proxy.answer(403)
    const [call, channel] = await both()
    expect(call).toMatchObject({
      code: 'PROXY_REFUSED',
      hint: expect.stringContaining('NO_PROXY=amazonaws.com') as string,
    })
    expect(channel?.message).toContain(`${name()} refused the connection to ssmmessages.eu-west-1.amazonaws.com:443`)
  })

  it('cannot reach AWS', async () => {
    proxy.answer(503)
    for (const failure of await both()) {
      expect(failure).toMatchObject({code: 'AWS_UNREACHABLE', exitCode: 75})
      expect(failure.message).toContain(`${name()} cannot be used: it cannot reach`)
    }
  })

  it('is down', async () => {
    const at = name()
    await proxy.close()
    for (const failure of await both()) {
      expect(failure).toMatchObject({code: 'AWS_UNREACHABLE', exitCode: 75})
      expect(failure.message).toBe(`The proxy ${at} cannot be used: nothing listens there.`)
    }
  })

  it('never answers', async () => {
    proxy.answer(0)
    for (const {code, message} of await both()) {
      expect([code, message]).toEqual([
        'AWS_UNREACHABLE',
        `The proxy ${name()} cannot be used: it does not answer within 5 s.`,
      ])
    }
  })
})
