import {timingSafeEqual} from 'node:crypto'
import {type IncomingMessage} from 'node:http'
import {type CommonFault} from './fault.js'
import {type Caller, type KeyStore} from './key-store.js'
import {sha256, signatureOf} from './sigv4.js'

const SKEW_MS = 5 * 60_000

/** What the signature must be for. */
export interface Expected {
  /** As in a credential scope: `rds`, `ssmmessages`, … */
  readonly service: string
  readonly region: string
  readonly keys: KeyStore
  /** The sandbox's clock, in milliseconds since 1970. */
  readonly now: number
}

/** What is signed of a request, and the port that it came to. */
export type SignedRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & {
  readonly socket: Pick<IncomingMessage['socket'], 'localPort'>
}

/** Why a request is not authentic. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kind: CommonFault

  constructor(kind: CommonFault, message?: string) {
    super(message)
    this.kind = kind
  }
}

/** Whoever signed this request, header by header and byte by byte. Throws a Refusal. */
export function authenticate(request: SignedRequest, body: Uint8Array, expected: Expected): Caller {
  const {scope, signedHeaders, signature} = readAuthorization(request.headers.authorization)
  const amzDate = request.headers['x-amz-date']
  const signedAt = typeof amzDate === 'string' ? instantOf(amzDate) : undefined
  if (typeof amzDate !== 'string' || signedAt === undefined) {
    throw new Refusal('incomplete-signature', "Authorization header requires existence of a valid 'X-Amz-Date' header.")
  }
  const caller = expected.keys.find(scope.accessKeyId)
  if (!caller || request.headers['x-amz-security-token'] !== caller.keys.sessionToken) throw new Refusal('unknown-key')
  if (caller.keys.expiresAt !== undefined && caller.keys.expiresAt <= expected.now) throw new Refusal('expired')
  checkScope(scope, amzDate, expected)
  checkDate(amzDate, signedAt, expected.now)
  checkSignedHeaders(request, signedHeaders, expected)

  const url = new URL(request.url ?? '/', 'http://sandbox')
  const computed = signatureOf({
    method: request.method ?? '',
    path: (request.url ?? '/').split('?')[0] ?? '/',
    query: [...url.searchParams],
    headers: Object.fromEntries(signedHeaders.map((name) => [name, headerOf(request, name)])),
    payloadHash: sha256(body),
    amzDate,
    region: scope.region,
    service: scope.service,
    secretKey: caller.keys.secretKey,
  })
  if (!timingSafeEqual(Buffer.from(computed), Buffer.from(signature))) throw new Refusal('wrong-signature')
  return caller
}

interface Scope {
  readonly accessKeyId: string
  readonly day: string
  readonly region: string
  readonly service: string
  readonly ending: string
}

interface Authorization {
  readonly scope: Scope
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

function readAuthorization(header: string | undefined): Authorization {
  if (header === undefined) throw new Refusal('missing-token')
  const fields = /^AWS4-HMAC-SHA256 +Credential=([^, ]+), *SignedHeaders=([^, ]+), *Signature=([0-9a-f]{64})$/.exec(
    header,
  )
  const [accessKeyId, day, region, service, ending, ...rest] = fields?.[1]?.split('/') ?? []
  if (!fields || !accessKeyId || !day || !region || !service || !ending || rest.length > 0) {
    throw new Refusal('incomplete-signature', 'Authorization header is not a valid AWS Signature Version 4.')
  }
  return {
    scope: {accessKeyId, day, region, service, ending},
    signedHeaders: (fields[2] ?? '').split(';'),
    signature: fields[3] ?? '',
  }
}

function checkScope(scope: Scope, amzDate: string, {region, service}: Expected): void {
  const refuse = (message: string): never => {
    throw new Refusal('wrong-signature', message)
  }
  if (scope.region !== region) refuse('Credential should be scoped to a valid region. ')
  if (scope.service !== service) refuse(`Credential should be scoped to correct service: '${service}'. `)
  if (scope.ending !== 'aws4_request') refuse("Credential should be scoped with a valid terminator: 'aws4_request'. ")
  if (scope.day !== amzDate.slice(0, 8)) {
    refuse('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP. ')
  }
}

function checkDate(amzDate: string, signedAt: number, now: number): void {
  const text = (instant: number): string => new Date(instant).toISOString().replace(/[-:]|\.\d+/g, '')
  if (signedAt < now - SKEW_MS) {
    const when = `${amzDate} is now earlier than ${text(now - SKEW_MS)} (${text(now)} - 5 min.)`
    throw new Refusal('wrong-signature', `Signature expired: ${when}`)
  }
  if (signedAt > now + SKEW_MS) {
    const when = `${amzDate} is still later than ${text(now + SKEW_MS)} (${text(now)} + 5 min.)`
    throw new Refusal('wrong-signature', `Signature not yet current: ${when}`)
  }
}

/**
 * The host must be signed and be this server, or AWS's own name for the service (a proxy leads it here); so must every
 * header that means something to AWS.
 */
function checkSignedHeaders(
  request: SignedRequest,
  signed: readonly string[],
  {service, region}: Pick<Expected, 'service' | 'region'>,
): void {
  const needed = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))]
  const missing = needed.find((name) => !signed.includes(name))
  if (missing !== undefined) {
    throw new Refusal('wrong-signature', `'${missing}' must be a 'SignedHeader' in the AWS Authorization.`)
  }
  const port = request.socket.localPort
  const names = [`127.0.0.1:${port}`, `localhost:${port}`, `${service}.${region}.amazonaws.com`]
  if (!names.includes(request.headers.host ?? '')) {
    throw new Refusal('wrong-signature')
  }
}

function headerOf(request: SignedRequest, name: string): string {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

/** YYYYMMDDTHHMMSSZ as milliseconds since 1970. */
function instantOf(amzDate: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate)
  if (!parts) return undefined
  const [, year, month, day, hour, minute, second] = parts
  const instant = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(instant) ? undefined : instant
}
