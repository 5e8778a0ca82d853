import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {inspect} from 'node:util'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {awsApi} from '../../src/adapters/aws/aws-api.js'
import {chooseBastions} from '../../src/bastions/choose-bastions.js'
import {findCandidates} from '../../src/bastions/choose-bastions.js'
import type {BastionRule} from '../../src/bastions/rule.js'
import type {DbtunnelError} from '../../src/core/errors.js'
import {type AwsApi, TargetNotConnected} from '../../src/core/ports/aws.js'
import {parseTarget} from '../../src/targets/parse-target.js'
import {resolveTarget} from '../../src/targets/resolve-target.js'
import {MACHINE, REGION} from '../sandbox/account.js'
import {authenticate, type Plane, startPlane, sequentialRoundTrips} from '../sandbox/aws.js'
import {recordedRun} from '../unit/links/session/plugin/recorded-run.js'

let plane: Plane
let folder: string
// The SDK warns on the console of much that is none of a user's business.
const warned = vi.spyOn(console, 'warn')
const emitted = vi.fn()

beforeEach(async () => {
  process.on('warning', emitted)
  plane = await startPlane()
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-aws-'))
  vi.stubEnv('HOME', folder)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_ENDPOINT_URL', plane.aws.url)
  vi.stubEnv('AWS_PROFILE', '')
  vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', '')
  as('alice')
})

afterEach(async () => {
  process.off('warning', emitted)
  expect(warned).not.toHaveBeenCalled()
  expect(emitted).not.toHaveBeenCalled()
  vi.unstubAllEnvs()
  await plane.aws.close()
  await rm(folder, {recursive: true})
})

/** Keys of one of the sandbox's identities in the environment. */
function as(identity: string): void {
  const {accessKeyId, secretKey, sessionToken} = plane.keys.keysOf(identity)
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretKey)
  vi.stubEnv('AWS_SESSION_TOKEN', sessionToken ?? '')
}

function api(profile?: string): AwsApi {
  return awsApi({profile, region: REGION, say: {debug() {}, notice() {}}})
}

async function failureOf(work: Promise<unknown>): Promise<DbtunnelError> {
  return work.then(
    () => {
      throw new Error('it succeeded')
    },
    (error: DbtunnelError) => error,
  )
}

const count = (action: string): number => plane.aws.log.filter((record) => record.action === action).length

const request = (target: string) => ({
  target,
  document: 'AWS-StartPortForwardingSessionToRemoteHost',
  parameters: {host: ['db.internal'], portNumber: ['5432'], localPortNumber: ['0']},
})

describe('discovery', () => {
  const discover = async (target: string, bastion: BastionRule = {kind: 'tagged'}) => {
    const [aws, run] = [api(), recordedRun()]
    const [resolved, candidates] = await Promise.all([
      resolveTarget(parseTarget(target), {region: REGION, isBastionNamed: false}, aws.rds, run),
      findCandidates(bastion, aws, run.signal),
      aws.sts.identity(run.signal),
    ])
    return {resolved, bastions: await chooseBastions(candidates, resolved, bastion, aws, run)}
  }

  // First of all tests: then no client is loaded yet.
  it.each(['prod-db', 'orders-2'])('of %s takes two round trips', async (target) => {
    plane.aws.disturbances.add({action: '*', effect: {kind: 'delay', ms: 250}})
    await discover(target)
    expect(sequentialRoundTrips(plane.aws.log)).toBe(2)
  })

  it.each([
    ['prod-db', /^prod-db\./],
    ['orders', /^orders\.cluster-/],
    ['orders:reader', /^orders\.cluster-ro-/],
    ['orders:analytics', /^orders-3\./],
    ['orders-2', /^orders-2\./],
    ['ledger', /^ledger\.cluster-/],
    ['tenant-24', /^tenant-24\./],
  ])('finds %s and its bastions, best first', async (target, host) => {
    const {resolved, bastions} = await discover(target)
    expect(resolved.endpoint.host).toMatch(host)
    const best = resolved.zone === 'eu-west-1a' ? [MACHINE.bastionA, MACHINE.bastionB] : undefined
    expect(bastions.map(({id}) => id).sort()).toEqual([MACHINE.bastionA, MACHINE.bastionB].sort())
    if (best) expect(bastions.map(({id}) => id)).toEqual(best)
  })

  it('follows every page', async () => {
    const aws = api()
    expect((await aws.rds.instances()).map(({id}) => id)).toEqual(plane.account.databases.map(({id}) => id))
    const running = await aws.ec2.instances({filters: [{name: 'instance-state-name', values: ['running']}]})
    expect(running).toHaveLength(plane.account.instances.filter(({state}) => state === 'running').length)
    const ids = plane.account.instances.map(({id}) => id)
    const known = plane.account.nodes.filter(({id}) => ids.includes(id) && id !== MACHINE.terminated)
    expect((await aws.ssm.managedNodes(ids)).map(({id}) => id).sort()).toEqual(known.map(({id}) => id).sort())
  })

  it("lets no machine's name steer a terminal", async () => {
    const node = plane.account.nodes.find(({id}) => id === MACHINE.onPremises)
    Object.assign(node?.tags ?? {}, {Name: 'dc\u001b]0;owned\u0007\n'})
    expect(await api().ssm.managedNodes([MACHINE.onPremises])).toMatchObject([{name: 'dc?]0;owned??'}])
  })

  it('has nothing for what does not exist', async () => {
    const {rds, ec2, ssm} = api()
    expect(await rds.instance('nothing')).toBeUndefined()
    expect(await rds.cluster('nothing')).toBeUndefined()
    expect(await rds.clusterMembers('nothing')).toEqual([])
    expect(await rds.clusterEndpoints('nothing')).toEqual([])
    expect(await ec2.instances({ids: ['i-0123456789abcdef0', MACHINE.bare]})).toMatchObject([{id: MACHINE.bare}])
    expect(await ssm.managedNodes(['i-0123456789abcdef0'])).toEqual([])
    expect(await ssm.managedNodes([])).toEqual([])
  })

  it('says of every bastion why not', async () => {
    for (const node of plane.account.nodes) if (node.ping === 'Online') node.ping = 'ConnectionLost'
    const {code, hint} = await failureOf(discover('prod-db'))
    expect(code).toBe('BASTION_NONE')
    for (const word of ['ConnectionLost', 'stopped', 'not registered', 'another VPC']) expect(hint).toContain(word)
    expect(hint).not.toContain(MACHINE.terminated)
  })
})

describe('sessions', () => {
  it('are granted, resumed and ended, and ending one twice is fine', async () => {
    const {ssm} = api()
    const grant = await ssm.startSession({...request(MACHINE.bastionA), reason: 'INC-1'})
    expect(grant.streamUrl).toContain(grant.sessionId)
    expect(plane.sessions.find(grant.sessionId)).toMatchObject({reason: 'INC-1'})
    expect((await ssm.resumeSession(grant.sessionId)).tokenValue).not.toBe(grant.tokenValue)
    await ssm.terminateSession(grant.sessionId)
    await ssm.terminateSession(grant.sessionId)
    expect(plane.terminated).toEqual([grant.sessionId])
    expect(await failureOf(ssm.resumeSession(grant.sessionId))).toMatchObject({code: 'TUNNEL_LOST'})
  })

  it('are found by the end of their reason, on whatever page', async () => {
    const {ssm} = api()
    const start = (reason: string, target: string = MACHINE.bastionA) => ssm.startSession({...request(target), reason})
    // More than a page.
    await Promise.all(Array.from({length: 205}, (_, at) => start(`INC-1 dbtunnel:${at}`)))
    const {sessionId} = await start('INC-1 dbtunnel:0a1b')
    await start('dbtunnel:0a1b, said someone')
    await start('INC-1 dbtunnel:0a1b', MACHINE.bastionB)
    expect(await ssm.sessionsMarked('dbtunnel:0a1b', MACHINE.bastionA)).toEqual([sessionId])
    expect(count('ssm:DescribeSessions')).toBe(2)
    await ssm.terminateSession(sessionId)
    expect(await ssm.sessionsMarked('dbtunnel:0a1b', MACHINE.bastionA)).toEqual([])
  })

  it.each([
    ['stopped', MACHINE.stopped],
    ['whose agent is too old', MACHINE.old],
    ['on premises without the advanced tier', MACHINE.onPremises],
  ])('cannot be had from a node %s', async (_, target) => {
    await expect(api().ssm.startSession(request(target))).rejects.toBeInstanceOf(TargetNotConnected)
  })

  it('are asked for again when throttled', async () => {
    plane.aws.disturbances.add({action: 'ssm:StartSession', times: 2, effect: {kind: 'throttle'}})
    await api().ssm.startSession(request(MACHINE.bastionA))
    expect(count('ssm:StartSession')).toBe(3)
    expect(plane.granted).toHaveLength(1)
  })

  it.each(['drop', 'internal-error'] as const)(
    'are not asked for again after %s, for one may be open',
    async (kind) => {
      plane.aws.disturbances.add({action: 'ssm:StartSession', effect: {kind}})
      const {exitCode} = await failureOf(api().ssm.startSession(request(MACHINE.bastionA)))
      expect(exitCode).toBe(75)
      expect(count('ssm:StartSession')).toBe(1)
    },
  )

  it('stop being asked for when the run ends between two attempts', async () => {
    plane.aws.disturbances.add({action: 'ssm:StartSession', effect: {kind: 'throttle'}})
    const stop = new AbortController()
    const started = failureOf(api().ssm.startSession(request(MACHINE.bastionA), stop.signal))
    await vi.waitFor(() => expect(count('ssm:StartSession')).toBeGreaterThan(0))
    stop.abort(new Error('stopped'))
    await started
    // Of five; one may have been on its way.
    expect(count('ssm:StartSession')).toBeLessThan(5)
  })
})

describe('failures', () => {
  it('of permission name the action and the statement that allows it', async () => {
    const calls: Record<string, (aws: AwsApi) => Promise<unknown>> = {
      'rds:DescribeDBInstances': ({rds}) => rds.instance('prod-db'),
      'rds:DescribeDBClusters': ({rds}) => rds.clusters(),
      'rds:DescribeDBClusterEndpoints': ({rds}) => rds.clusterEndpoints('orders'),
      'ec2:DescribeInstances': ({ec2}) => ec2.instances({filters: []}),
      'ssm:DescribeInstanceInformation': ({ssm}) => ssm.managedNodes([MACHINE.bastionA]),
      'ssm:StartSession': ({ssm}) => ssm.startSession(request(MACHINE.bastionA)),
      'ssm:DescribeSessions': ({ssm}) => ssm.sessionsMarked('dbtunnel:0a1b', MACHINE.bastionA),
    }
    for (const [action, call] of Object.entries(calls)) {
      as(`without-${action}`)
      const {code, message, hint} = await failureOf(call(api()))
      expect(code).toBe('ACCESS_DENIED')
      expect(message).toContain(action)
      expect(message).not.toContain('arn:')
      expect(hint).toContain(`"${action}"`)
    }
  })

  it('of expired credentials are told as such by every service', async () => {
    as('expired')
    const {rds, ec2, ssm, sts} = api()
    const calls = [rds.clusters(), ec2.instances({filters: []}), ssm.managedNodes([MACHINE.bare]), sts.identity()]
    for (const failure of await Promise.all(calls.map(failureOf))) {
      expect(failure).toMatchObject({code: 'CREDENTIALS_EXPIRED', exitCode: 77})
    }
  })

  it('of wrong keys are told as such by every service', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong')
    const {rds, ec2, ssm, sts} = api()
    const calls = [rds.clusters(), ec2.instances({filters: []}), ssm.managedNodes([MACHINE.bare]), sts.identity()]
    const failures = await Promise.all(calls.map(failureOf))
    for (const failure of failures) expect(failure).toMatchObject({code: 'CREDENTIALS_INVALID'})
    // Their cause hides the request: whatever prints it, the session token does not show.
    expect(inspect(failures, {depth: 20})).not.toContain(plane.keys.keysOf('alice').sessionToken)
  })

  it('of missing credentials come before any call', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '')
    expect(await failureOf(api().sts.identity())).toMatchObject({code: 'CREDENTIALS_MISSING', exitCode: 77})
    expect(await failureOf(api('nobody').sts.identity())).toMatchObject({code: 'CONFIG_INVALID', exitCode: 78})
    expect(plane.aws.log).toEqual([])
  })

  it('of an expired SSO login come with the command that mends it', async () => {
    const sso = 'sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n'
    const role = 'sso_account_id = 123456789012\nsso_role_name = Dev\n'
    await writeFile(join(folder, 'config'), `[profile dev]\n${sso}${role}`)
    expect(await failureOf(api('dev').sts.identity())).toMatchObject({
      code: 'CREDENTIALS_EXPIRED',
      hint: 'Log in again: aws sso login --profile dev',
    })
  })

  it('by throttling are tried again, and told when it does not end', async () => {
    plane.aws.disturbances.add({action: 'rds:DescribeDBClusters', times: 1, effect: {kind: 'throttle'}})
    expect(await api().rds.clusters()).not.toEqual([])
    plane.aws.disturbances.add({action: 'sts:GetCallerIdentity', effect: {kind: 'throttle'}})
    expect(await failureOf(api().sts.identity())).toMatchObject({code: 'AWS_THROTTLED', exitCode: 75})
    expect(count('sts:GetCallerIdentity')).toBe(4)
  })

  it('of the network name the endpoint', async () => {
    const gone = createServer()
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
    const {port} = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`)
    const {code, message, exitCode} = await failureOf(api().sts.identity())
    expect({code, message, exitCode}).toEqual({
      code: 'AWS_UNREACHABLE',
      message: `Cannot reach 127.0.0.1:${port}: the connection was refused.`,
      exitCode: 75,
    })
  })

  it('by someone else’s answer are told as such', async () => {
    const portal = createServer((_, response) => response.end('<html>Please log in</html>'))
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve))
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(portal.address() as AddressInfo).port}`)
    expect(await failureOf(api().ssm.managedNodes([MACHINE.bare]))).toMatchObject({code: 'AWS_FAILED'})
    portal.closeAllConnections()
    portal.close()
  })

  it('give way to the signal', async () => {
    plane.aws.disturbances.add({action: '*', effect: {kind: 'hang'}})
    const stop = new AbortController()
    const asked = api().rds.clusters(stop.signal)
    await vi.waitFor(() => expect(plane.aws.log).toHaveLength(1))
    const reason = new Error('stopped')
    stop.abort(reason)
    await expect(asked).rejects.toBe(reason)
  })
})

describe('credentials', () => {
  it('are asked for once, for all clients and signers', async () => {
    const {
      accessKeyId: AccessKeyId,
      secretKey: SecretAccessKey,
      sessionToken: SessionToken,
    } = plane.keys.keysOf('alice')
    const Expiration = new Date(Date.now() + 3_600_000).toISOString()
    const answer = JSON.stringify({Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration})
    const script = join(folder, 'keys.sh')
    await writeFile(script, `#!/bin/sh\necho asked >> ${folder}/asked\ncat <<'END'\n${answer}\nEND\n`)
    await chmod(script, 0o755)
    await writeFile(join(folder, 'config'), `[profile dev]\ncredential_process = ${script}\n`)
    // A profile asked for by name beats keys in the environment, without a warning.
    as('expired')
    const aws = api('dev')
    await Promise.all([
      aws.rds.clusters(),
      aws.ec2.instances({filters: []}),
      aws.ssm.managedNodes([MACHINE.bare]),
      aws.sts.identity(),
      aws.signing.databaseToken({host: 'h', port: 5432, region: REGION, user: 'u'}),
      aws.signing.upgradeHeaders('wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/x'),
    ])
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('asked\n')
  })

  it('in the environment beat AWS_PROFILE, as with the AWS CLI', async () => {
    const {accessKeyId, secretKey} = plane.keys.keysOf('bob')
    const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretKey}\n`
    await writeFile(join(folder, 'credentials'), `[dev]\n${keys}`)
    vi.stubEnv('AWS_PROFILE', 'dev')
    expect((await api().sts.identity()).name).toBe('alice')
    expect((await api('dev').sts.identity()).name).toBe('bob')
  })

  it('that would not outlast a token are asked for anew, and used all the same when there are none', async () => {
    const script = join(folder, 'keys.sh')
    await writeFile(join(folder, 'config'), `[profile dev]\ncredential_process = ${script}\n`)
    const offer = (identity: string, lifetimeMs: number): Promise<void> => {
      const {accessKeyId, secretKey} = plane.keys.keysOf(identity)
      const Expiration = new Date(Date.now() + lifetimeMs).toISOString()
      const answer = {Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretKey, Expiration}
      return writeFile(script, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, {mode: 0o755})
    }
    const {signing, sts} = api('dev')
    const keyOfToken = async (): Promise<string | undefined> => {
      const token = await signing.databaseToken({host: 'h', port: 5432, region: REGION, user: 'u'})
      return new URL(`https://${token}`).searchParams.get('X-Amz-Credential')?.split('/')[0]
    }
    await offer('bob', 10 * 60_000)
    expect((await sts.identity()).name).toBe('bob')
    await offer('admin', 60 * 60_000)
    expect(await keyOfToken()).toBe(plane.keys.keysOf('admin').accessKeyId)
    await offer('bob', 60 * 60_000)
    expect(await keyOfToken()).toBe(plane.keys.keysOf('admin').accessKeyId)

    await offer('bob', 10 * 60_000)
    const again = api('dev').signing
    await again.upgradeHeaders('wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/x')
    await writeFile(script, '#!/bin/sh\nexit 1\n')
    expect(await again.databaseToken({host: 'h', port: 5432, region: REGION, user: 'u'})).toContain('h:5432')
  })

  it('make no token once they have expired', async () => {
    vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', new Date(Date.now() - 1000).toISOString())
    const token = api().signing.databaseToken({host: 'h', port: 5432, region: REGION, user: 'u'})
    expect(await failureOf(token)).toMatchObject({code: 'CREDENTIALS_EXPIRED'})
  })
})

describe('a wrong clock', () => {
  it('is set right for every call and for the upgrade, and said before a token is refused', async () => {
    plane.clock.advance(20 * 60_000)
    const {sts, ssm, signing} = api()
    expect((await sts.identity()).name).toBe('alice')
    await ssm.startSession(request(MACHINE.bastionA))
    const url = 'ws://127.0.0.1:9/v1/data-channel/x'
    const headers = await signing.upgradeHeaders(url)
    const at = headers['x-amz-date']?.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z') ?? ''
    expect(Math.abs(Date.parse(at) - plane.clock.now())).toBeLessThan(10_000)
    const {code, hint} = await failureOf(signing.databaseToken({host: 'h', port: 5432, region: REGION, user: 'u'}))
    expect(code).toBe('CREDENTIALS_INVALID')
    expect(hint).toContain('20 minutes behind')
  })

  it('does not cost the first call its success: StartSession alone, too', async () => {
    plane.clock.advance(-20 * 60_000)
    await api().ssm.startSession(request(MACHINE.bastionA))
    expect(plane.granted).toHaveLength(1)
  })
})

describe('signatures', () => {
  const verify = (url: string, headers: Record<string, string>) => {
    const {host, pathname, search} = new URL(url)
    const received = {method: 'GET', url: pathname + search, headers: {host, ...headers}, socket: {localPort: 8443}}
    const expected = {service: 'ssmmessages', region: REGION, keys: plane.keys, now: plane.clock.now()}
    return authenticate(received, new Uint8Array(), expected)
  }

  it.each([
    'wss://localhost:8443/v1/data-channel/alice@example.com-0a1b?role=publish_subscribe',
    'wss://localhost:8443/v1/data-channel/alice-0a1b?role=publish_subscribe&cell-number=AAEAAXxZ+k/N0oRkJZ==',
    'ws://127.0.0.1:8443/v1/data-channel/a%2Fb?b=2&a=x%20y&a=1',
  ])('of the upgrade are for the URL as it is sent: %s', async (url) => {
    const headers = await api().signing.upgradeHeaders(url)
    expect(Object.keys(headers)).not.toContain('host')
    expect(verify(url, headers).identity.name).toBe('alice')
  })

  it('take the region of the URL', async () => {
    const headers = await api().signing.upgradeHeaders(
      'wss://ssmmessages.us-gov-east-1.amazonaws.com/v1/data-channel/x',
    )
    expect(headers['authorization']).toContain('/us-gov-east-1/ssmmessages/aws4_request')
  })

  it('are left out where the URL is signed itself', async () => {
    expect(await api().signing.upgradeHeaders('wss://h/v1/data-channel/x?X-Amz-Signature=abc')).toEqual({})
  })

  it('of a token are for the endpoint, region and user, for 15 minutes', async () => {
    const token = await api().signing.databaseToken({host: 'db.example', port: 5433, region: 'eu-north-1', user: 'a@b'})
    const {host, searchParams} = new URL(`https://${token}`)
    expect(host).toBe('db.example:5433')
    expect(searchParams.get('DBUser')).toBe('a@b')
    expect(searchParams.get('X-Amz-Expires')).toBe('900')
    expect(searchParams.get('X-Amz-Credential')).toMatch(/\/eu-north-1\/rds-db\/aws4_request$/)
    expect(searchParams.get('X-Amz-Security-Token')).toBe(plane.keys.keysOf('alice').sessionToken)
  })
})

describe('endpoints', () => {
  it('come from AWS_ENDPOINT_URL, or from the profile that was asked for', async () => {
    expect(await api().ssm.endpointUrl()).toBe(plane.aws.url)
    vi.stubEnv('AWS_ENDPOINT_URL', '')
    expect(await api().ssm.endpointUrl()).toBe('')
    const services = '[services here]\nssm =\n  endpoint_url = http://127.0.0.1:7\n'
    await writeFile(join(folder, 'other'), `[profile dev]\nservices = here\n${services}`)
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'other'))
    expect(await api('dev').ssm.endpointUrl()).toBe('http://127.0.0.1:7')
  })
})
