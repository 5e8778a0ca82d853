import {request as httpRequest} from 'node:http'
import {defaultAccount, otherAccount, REGION} from '../account.js'
import {createClock, type SandboxClock} from './clock.js'
import {type ControlPlane, startControlPlane} from './control-plane.js'
import {type PortGrant} from './data-plane.js'
import {type Service} from './fault.js'
import {KeyStore} from './key-store.js'
import {type Account, type Identity} from './model.js'
import {SessionRegistry} from './sessions.js'
import {sha256, signatureOf} from './sigv4.js'

// The SDK's own notice about Node 20 is of no use in a test's output.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

/** A control plane whose data channel only takes notes. */
export interface Plane {
  readonly aws: ControlPlane
  readonly account: Account
  readonly other: Account
  readonly keys: KeyStore
  readonly clock: SandboxClock
  readonly sessions: SessionRegistry
  readonly granted: PortGrant[]
  readonly renewed: {sessionId: string; token: string}[]
  readonly terminated: string[]
  /** Configuration of an SDK client of this identity, without retries. */
  as(identity?: string): ClientConfig
}

interface ClientConfig {
  readonly endpoint: string
  readonly region: string
  readonly maxAttempts: number
  readonly credentials: {accessKeyId: string; secretAccessKey: string; sessionToken?: string}
}

/** With these identities in its first account beside the usual ones. */
export async function startPlane(identities: readonly Identity[] = []): Promise<Plane> {
  const [account, other] = [defaultAccount(), otherAccount()]
  account.identities.push(...identities)
  const clock = createClock()
  const keys = new KeyStore([account, other], clock)
  const sessions = new SessionRegistry()
  const granted: PortGrant[] = []
  const renewed: Plane['renewed'] = []
  const terminated: string[] = []
  const dataPlane = {
    open(grant: PortGrant) {
      granted.push(grant)
      return {streamUrl: `ws://127.0.0.1:9/v1/data-channel/${grant.sessionId}`}
    },
    renew(sessionId: string, token: string) {
      renewed.push({sessionId, token})
      return true
    },
    terminate: (sessionId: string) => void terminated.push(sessionId),
  }
  const aws = await startControlPlane({region: REGION, keys, clock, sessions, dataPlane})
  const as = (identity = 'alice'): ClientConfig => {
    const {accessKeyId, secretKey, sessionToken} = keys.keysOf(identity)
    const token = sessionToken === undefined ? {} : {sessionToken}
    const credentials = {accessKeyId, secretAccessKey: secretKey, ...token}
    return {endpoint: aws.url, region: REGION, maxAttempts: 1, credentials}
  }
  return {aws, account, other, keys, clock, sessions, granted, renewed, terminated, as}
}

/** What a failed call of an SDK client was answered with. */
export async function failureOf(call: Promise<unknown>): Promise<{name: string; status?: number; message: string}> {
  try {
    await call
  } catch (error) {
    const {name, message, $metadata} = error as Error & {$metadata?: {httpStatusCode?: number}}
    return {name, message, ...($metadata?.httpStatusCode === undefined ? {} : {status: $metadata.httpStatusCode})}
  }
  throw new Error('the call succeeded')
}

/** A request by hand, true to the rules but for what is bent. */
export interface Bent {
  readonly identity?: string
  readonly secretKey?: string
  readonly accessKeyId?: string
  /** `null` sends none. */
  readonly sessionToken?: string | null
  /** Milliseconds from now. */
  readonly signedAt?: number
  readonly region?: string
  readonly scopeService?: string
  readonly scopeDay?: string
  readonly ending?: string
  /** Headers beside the usual ones, signed like them. */
  readonly headers?: Readonly<Record<string, string>>
  readonly unsigned?: readonly string[]
  /** Changes what is sent after it was signed. */
  readonly tamper?: (sent: {body: string; headers: Record<string, string>; path: string}) => void
  readonly host?: string
  readonly action?: string
}

const QUERIES = {
  sts: 'Action=GetCallerIdentity&Version=2011-06-15',
  rds: 'Action=DescribeDBInstances&Version=2014-10-31&DBInstanceIdentifier=prod-db',
  ec2: 'Action=DescribeInstances&Version=2016-11-15',
}

export interface RawAnswer {
  readonly status: number
  readonly body: string
  /** The error's code; undefined for a result. */
  readonly code: string | undefined
}

/** Signs and sends the service's simplest request. */
export async function sendRaw({aws, keys, clock}: Plane, service: Service, bent: Bent = {}): Promise<RawAnswer> {
  const own = keys.keysOf(bent.identity ?? 'alice')
  const url = new URL(aws.url)
  const amzDate = new Date(clock.now() + (bent.signedAt ?? 0)).toISOString().replace(/[-:]|\.\d+/g, '')
  const json = service === 'ssm'
  const body = json
    ? '{}'
    : QUERIES[service].replace(/^Action=\w+/, (known) => `Action=${bent.action ?? known.slice(7)}`)
  const token = bent.sessionToken === undefined ? own.sessionToken : bent.sessionToken
  const headers: Record<string, string> = {
    host: bent.host ?? url.host,
    'content-type': json ? 'application/x-amz-json-1.1' : 'application/x-www-form-urlencoded; charset=utf-8',
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': amzDate,
    ...(token === null || token === undefined ? {} : {'x-amz-security-token': token}),
    ...(json ? {'x-amz-target': `AmazonSSM.${bent.action ?? 'DescribeInstanceInformation'}`} : {}),
    ...bent.headers,
  }
  const signed = Object.fromEntries(Object.entries(headers).filter(([name]) => !bent.unsigned?.includes(name)))
  const {region = REGION, scopeService = service, scopeDay = amzDate.slice(0, 8), ending = 'aws4_request'} = bent
  const signature = signatureOf({
    method: 'POST',
    path: '/',
    query: [],
    headers: signed,
    payloadHash: sha256(body),
    amzDate,
    region,
    service: scopeService,
    secretKey: bent.secretKey ?? own.secretKey,
  })
  const scope = [bent.accessKeyId ?? own.accessKeyId, scopeDay, region, scopeService, ending].join('/')
  const names = Object.keys(signed).sort().join(';')
  headers['authorization'] = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${names}, Signature=${signature}`
  const sent = {body, headers, path: '/'}
  bent.tamper?.(sent)
  return post(url, sent)
}

async function post(url: URL, sent: {body: string; headers: Record<string, string>; path: string}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const {body, headers, path} = sent
    const request = httpRequest({host: url.hostname, port: url.port, method: 'POST', path, headers}, (response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        const [, xml, json] = /<Code>(\w+[\w.]*)<|"__type":"(\w+)"/.exec(text) ?? []
        resolve({status: response.statusCode ?? 0, body: text, code: xml ?? json})
      })
    })
    request.on('error', reject).end(body)
  })
}
