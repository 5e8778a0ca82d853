import {type DbtunnelError, fail, hasCode} from '../../core/errors.js'

/** What Node says of a connection that failed, or the SDK's handler of one that took too long. */
interface ConnectionError extends Error {
  readonly code?: string
  readonly hostname?: string
  readonly syscall?: string
  /** Of several addresses, each tried in turn. */
  readonly errors?: readonly ConnectionError[]
}

const LIKELY: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
}

const HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Check the network, DNS and VPN, and the region.',
  EAI_AGAIN: 'Check the network, DNS and VPN.',
}

const UNTRUSTED = 'If a proxy intercepts TLS, set a file with its CA: AWS_CA_BUNDLE=/path/to/ca.pem'

/** Whatever OpenSSL or Node finds wrong with a certificate. */
const CERTIFICATE = /^(CERT_|DEPTH_ZERO|ERR_TLS_CERT|SELF_SIGNED|UNABLE_TO_)/

/** AWS_UNREACHABLE naming the endpoint and the likely cause; undefined when the error is not the network's. */
export function networkFailure(error: Error, host: string | undefined): DbtunnelError | undefined {
  const {code = '', hostname, name} = error as ConnectionError
  const certificate = CERTIFICATE.test(code)
  const cause = certificate
    ? `its certificate is not trusted (${code})`
    : (LIKELY[code] ?? (name === 'TimeoutError' ? LIKELY['ETIMEDOUT'] : undefined))
  if (cause === undefined) return undefined
  const {AWS_CA_BUNDLE: bundle} = process.env
  const untrusted = bundle ? `AWS_CA_BUNDLE is ${bundle}: it does not contain this CA.` : UNTRUSTED
  return fail('AWS_UNREACHABLE', `Cannot reach ${hostname ?? host ?? 'AWS'}: ${cause}.`, {
    cause: error,
    hint: certificate ? untrusted : (HINTS[code] ?? 'Check the network, VPN and firewall.'),
  })
}

/** Whether AWS was not reached because the host's name could not be resolved. */
export function hasUnknownName(error: unknown): error is DbtunnelError {
  if (!hasCode(error, 'AWS_UNREACHABLE')) return false
  return ['ENOTFOUND', 'EAI_AGAIN'].includes((error.cause as ConnectionError | undefined)?.code ?? '')
}

/** True when the request cannot have arrived: the connection never came about. */
export function neverSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const {syscall, errors} = error as ConnectionError
  return errors ? errors.every(neverSent) : syscall === 'connect' || syscall === 'getaddrinfo'
}
