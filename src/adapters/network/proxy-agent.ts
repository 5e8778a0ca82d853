import type {ClientRequest} from 'node:http'
import type {Socket} from 'node:net'
import {HttpsProxyAgent} from 'https-proxy-agent'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {Proxy} from './proxy.js'
import {suffixOf} from '../../core/partitions.js'
import {shellLine} from '../../core/text/shell-line.js'

/** Until the proxy has connected to AWS, or said that it will not. */
const CONNECT_MS = 5000

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1]

/** Of a proxy that cannot reach AWS itself, or is overloaded. */
const PASSING_STATUS = 500

/**
 * Connects by CONNECT through a proxy; for clear text, too. Its failures are ours, in place of what the library makes of
 * them: the proxy's refusal as if AWS had answered it. Rejects with AWS_UNREACHABLE or PROXY_REFUSED.
 */
export class ProxyAgent extends HttpsProxyAgent<string> {
  readonly #proxy: Proxy
  readonly #ca: string | undefined

  /** `ca`: PEM of the authorities to trust for AWS, in place of Node's. */
  constructor(proxy: Proxy, ca: string | undefined) {
    super(proxy.url.href, {keepAlive: true})
    this.#proxy = proxy
    this.#ca = ca
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const proxy = this.#proxy
    const {url, authorization} = proxy
    const target = `${options.host}:${options.port}`
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), CONNECT_MS)
    let status = 0
    // One for each connection: the status is told by an event of its agent.
    const headers = authorization === undefined ? {} : {'Proxy-Authorization': authorization}
    const way = new HttpsProxyAgent(url.href, {headers, signal: late.signal})
    way.on('proxyConnect', ({statusCode}: {readonly statusCode: number}) => (status = statusCode))
    try {
      const socket = await way.connect(request, {...options, ...(this.#ca === undefined ? {} : {ca: this.#ca})})
      if (status === 200) return socket
      socket.destroy()
    } catch (error) {
      const reason = late.signal.aborted ? `it does not answer within ${CONNECT_MS / 1000} s` : why(error)
      throw unreachable(proxy, reason, target, error)
    } finally {
      clearTimeout(timer)
    }
    throw refused(proxy, status, target)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it cut the connection',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved now',
  ETIMEDOUT: 'it does not answer',
}

function why(error: unknown): string {
  const {code = '', message} = error as NodeJS.ErrnoException
  return REASONS[code] ?? (code === '' ? 'it ended the connection without an answer' : message)
}

function unreachable({name, variable}: Proxy, reason: string, target: string, cause?: unknown): DbtunnelError {
  return fail('AWS_UNREACHABLE', `The proxy ${name} cannot be used: ${reason}.`, {
    hint: `Check ${variable}. To bypass the proxy: ${exemption(target)}`,
    cause,
  })
}

function refused(proxy: Proxy, status: number, target: string): DbtunnelError {
  const {name, variable, url, authorization} = proxy
  if (status >= PASSING_STATUS) return unreachable(proxy, `it cannot reach ${target} (HTTP ${status})`, target)
  if (status !== 407) {
    return fail('PROXY_REFUSED', `The proxy ${name} refused the connection to ${target} (HTTP ${status}).`, {
      hint: `Ask its administrator to allow it. To bypass the proxy: ${exemption(target)}`,
    })
  }
  const message =
    authorization === undefined
      ? `The proxy ${name} wants a user and a password (HTTP 407).`
      : `The proxy ${name} does not accept the user and the password in ${variable} (HTTP 407).`
  return fail('PROXY_REFUSED', message, {
    hint: `Set ${shellLine([`${variable}=${url.protocol}//USER:PASSWORD@${url.host}`])}, with @ as %40 and : as %3A.`,
  })
}

/** All of AWS: one service alone does not help. */
function exemption(target: string): string {
  const host = target.replace(/:\d+$/, '')
  return shellLine([`NO_PROXY=${suffixOf(host) ?? host}`])
}
