import {sha256, signatureOf} from '../aws/sigv4.js'
import {type Endpoint, type Verifier} from './endpoint.js'

const MINUTE = 60_000
const LIFETIME_SECONDS = 900

/**
 * Judges a password the way RDS judges an IAM token: a presigned GET of `rds-db:connect` without its scheme, for this
 * very host, port and user, signed at most 15 minutes ago. Returns why it is refused, undefined when it is good.
 */
export function refusalOf(password: string, user: string, endpoint: Endpoint, verifier: Verifier): string | undefined {
  if (!endpoint.iamLogin) return 'IAM login is off'
  if (!endpoint.users.some(({name, rdsIam}) => name === user && rdsIam)) return 'the user does not log in by IAM'

  const [, host, port, query] = /^([^:/?#]+):(\d+)\/\?([^#]+)$/.exec(password) ?? []
  const pairs = query === undefined ? undefined : decode(query)
  if (host === undefined || !pairs) return 'not a token'
  const field = new Map(pairs)
  if (field.size !== pairs.length) return 'a parameter comes twice'
  if (!(endpoint.names ?? [endpoint.host]).includes(host)) return `signed for host ${host}`
  if (port !== String(endpoint.port)) return `signed for port ${port}`
  if (field.get('Action') !== 'connect') return 'the action is not connect'
  if (field.get('DBUser') !== user) return `signed for user ${field.get('DBUser')}`
  if (field.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return 'unknown algorithm'
  if (field.get('X-Amz-SignedHeaders') !== 'host') return 'signed headers are not host alone'

  const amzDate = field.get('X-Amz-Date') ?? ''
  const signedAt = instantOf(amzDate)
  if (signedAt === undefined) return 'malformed date'
  const expires = field.get('X-Amz-Expires') ?? ''
  if (!/^[1-9]\d{0,5}$/.test(expires) || Number(expires) > LIFETIME_SECONDS) return `lifetime of ${expires} s`
  const age = verifier.now() - signedAt
  if (age < -5 * MINUTE) return 'signed in the future'
  if (age > Number(expires) * 1000) return 'expired'

  const [accessKeyId = '', day, region, service, ending, ...rest] = (field.get('X-Amz-Credential') ?? '').split('/')
  if (ending !== 'aws4_request' || rest.length > 0) return 'malformed credential scope'
  if (day !== amzDate.slice(0, 8)) return 'the credential scope is of another day'
  if (region !== verifier.region) return `signed for region ${region}`
  if (service !== 'rds-db') return `signed for service ${service}`

  const holder = verifier.identify(accessKeyId)
  if (!holder) return 'unknown access key'
  const signature = signatureOf({
    method: 'GET',
    path: '/',
    query: pairs.filter(([name]) => name !== 'X-Amz-Signature'),
    headers: {host: `${host}:${port}`},
    payloadHash: sha256(''),
    amzDate,
    region,
    service,
    secretKey: holder.secretKey,
  })
  if (field.get('X-Amz-Signature') !== signature) return 'wrong signature'
  if (field.get('X-Amz-Security-Token') !== holder.sessionToken) return 'wrong session token'
  if (holder.expiresAt !== undefined && holder.expiresAt <= verifier.now()) return 'the keys have expired'
  if (!holder.canConnect(endpoint.resourceId, user)) return `no rds-db:connect on ${endpoint.resourceId}/${user}`
  return undefined
}

function decode(query: string): [string, string][] | undefined {
  try {
    return query.split('&').map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [decodeURIComponent(name), decodeURIComponent(value.join('='))]
    })
  } catch {
    return undefined
  }
}

/** YYYYMMDDTHHMMSSZ as milliseconds since 1970. */
function instantOf(amzDate: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate)
  if (!parts) return undefined
  const [, year, month, day, hour, minute, second] = parts
  const instant = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(instant) ? undefined : instant
}
