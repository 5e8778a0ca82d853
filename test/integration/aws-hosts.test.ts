import {once} from 'node:events'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {awsApi} from '../../src/adapters/aws/aws-api.js'
import type {AwsApi} from '../../src/core/ports/aws.js'
import {createAuthority} from '../sandbox/database.js'
import {type Proxy, startProxy} from '../support/proxy.js'

// What plays AWS here grants a session whatever it is asked, and notes what reached it.
const STREAM = 'ws://10.0.0.9:80/v1/data-channel/alice-1'
let server: Server
let asked: (string | undefined)[]
let folder: string

beforeEach(async () => {
  asked = []
  server = createServer((request, response) => {
    asked.push(request.headers.host)
    response.writeHead(200, {'content-type': 'application/x-amz-json-1.1'})
    response.end(JSON.stringify({SessionId: 'alice-1', TokenValue: 'token', StreamUrl: STREAM}))
  })
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-hosts-'))
  const environment = {
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_ENDPOINT_URL: '',
    AWS_PROFILE: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'SESSION-TOKEN',
    AWS_CREDENTIAL_EXPIRATION: '',
    AWS_CA_BUNDLE: '',
    HTTPS_PROXY: '',
    HTTP_PROXY: '',
    NO_PROXY: '',
    https_proxy: '',
    http_proxy: '',
    no_proxy: '',
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  await rm(folder, {recursive: true})
})

async function listen(address = '127.0.0.1'): Promise<number> {
  server.listen(0, address)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const api = (region = 'eu-west-1', profile?: string): AwsApi =>
  awsApi({profile, region, say: {debug() {}, notice() {}}})
const request = {target: 'i-0123456789abcdef0', document: 'D', parameters: {}}

describe('an endpoint URL', () => {
  /** Another machine, for all that dbtunnel knows: not the usual name or address of this one. */
  const ELSEWHERE = '127.0.0.2'
  const inClearText = {
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/http:\/\/127\.0\.0\.2:\d+ is not encrypted/),
  }

  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SSM'])('in clear text in %s is sent nothing', async (name) => {
    vi.stubEnv(name, `http://${ELSEWHERE}:${await listen(ELSEWHERE)}`)
    await expect(api().ssm.startSession(request)).rejects.toMatchObject(inClearText)
    expect(asked).toEqual([])
  })

  it('in clear text in a profile is sent nothing', async () => {
    const url = `http://${ELSEWHERE}:${await listen(ELSEWHERE)}`
    await writeFile(join(folder, 'config'), `[profile dev]\nendpoint_url = ${url}\n`)
    const keys = 'aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n'
    await writeFile(join(folder, 'credentials'), `[dev]\n${keys}`)
    await expect(api('eu-west-1', 'dev').sts.identity()).rejects.toMatchObject(inClearText)
    expect(asked).toEqual([])
  })

  it('in clear text for a role’s credentials is sent nothing', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://${ELSEWHERE}:${await listen(ELSEWHERE)}`)
    const role = 'role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment\n'
    await writeFile(join(folder, 'config'), `[profile role]\nregion = eu-west-1\n${role}`)
    await expect(api('eu-west-1', 'role').rds.instances()).rejects.toMatchObject(inClearText)
    expect(asked).toEqual([])
  })

  it.each(['localhost', '127.0.0.1'])('in clear text may be on this machine: %s', async (host) => {
    vi.stubEnv('AWS_ENDPOINT_URL', `http://${host}:${await listen()}`)
    // Who sets an endpoint knows where it leads.
    await expect(api().ssm.startSession(request)).resolves.toMatchObject({awsDomains: undefined})
  })

  it('without https:// in front is told as such, and not as what AWS has answered', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', `localhost:${await listen()}`)
    await expect(api().sts.identity()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'An endpoint URL for AWS begins with "localhost:", and not with https://.',
      hint: expect.stringContaining('AWS_ENDPOINT_URL'),
    })
  })
})

describe('which hosts are AWS’s', () => {
  let proxy: Proxy

  beforeEach(async () => {
    const port = await listen()
    const authority = await createAuthority('Corporate')
    proxy = await startProxy({portOf: () => port, authority})
    await writeFile(join(folder, 'ca.pem'), authority.root)
    vi.stubEnv('AWS_CA_BUNDLE', join(folder, 'ca.pem'))
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`)
  })
  afterEach(() => proxy.close())

  it.each([
    ['eu-west-1', 'amazonaws.com', 'api.aws'],
    ['us-gov-west-1', 'amazonaws.com', 'api.aws'],
    ['cn-north-1', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
    ['us-iso-east-1', 'c2s.ic.gov', 'api.aws.ic.gov'],
    ['us-isob-east-1', 'sc2s.sgov.gov', 'api.aws.scloud'],
    ['eu-isoe-west-1', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
    ['us-isof-south-1', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
    ['eusc-de-east-1', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  ])('is known for the partition of %s: %s and %s', async (region, suffix, dualStackSuffix) => {
    const {awsDomains} = await api(region).ssm.startSession(request)
    expect(awsDomains).toEqual([`${region}.${suffix}`, `${region}.${dualStackSuffix}`])
    expect(asked).toEqual([`ssm.${region}.${suffix}`])
  })

  it.each([
    ['AWS_USE_FIPS_ENDPOINT', 'ssm-fips.us-east-1.amazonaws.com'],
    ['AWS_USE_DUALSTACK_ENDPOINT', 'ssm.us-east-1.api.aws'],
  ])('is known with %s, too', async (name, host) => {
    vi.stubEnv(name, 'true')
    const {awsDomains} = await api('us-east-1').ssm.startSession(request)
    expect(asked).toEqual([host])
    expect(awsDomains).toEqual(['us-east-1.amazonaws.com', 'us-east-1.api.aws'])
  })

  it('an endpoint URL is not taken for one of them, even below their name', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', 'https://vpce-0a1b-2c3d.ssm.eu-west-1.vpce.amazonaws.com')
    await expect(api().ssm.startSession(request)).resolves.toMatchObject({awsDomains: undefined})
  })
})
