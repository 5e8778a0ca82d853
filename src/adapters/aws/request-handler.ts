import type {NodeHttpHandler} from '@smithy/node-http-handler'
import {fail} from '../../core/errors.js'
import {isThisMachine} from '../../core/grammars.js'
import {awsAuthorities} from './authorities.js'
import {type Proxy, proxyFor} from '../network/proxy.js'

const CONNECT_MS = 3000
const ANSWER_MS = 10_000
/** A proxy has a limit of its own, and an error that names it. */
const CONNECT_BY_PROXY_MS = 8000

type Handle = NodeHttpHandler['handle']

/** A request that had no answer, and the host that it was for. */
export interface FailedRequest {
  readonly error: Error
  readonly host: string
}

/** How SDK clients reach AWS. */
export interface RequestHandler {
  readonly metadata: {readonly handlerProtocol: string}
  readonly handle: Handle
  /** Why the last request failed, if it did: providers of credentials hide why they have failed. */
  takeFailure(): FailedRequest | undefined
}

/**
 * The SDK's own handler, one for all clients, so that they share connections. Each request goes through the proxy that the
 * environment names for its host, if any. What the SDK asks of the machine or container itself never comes here.
 */
export function requestHandler(profile: string | undefined, logger: object): RequestHandler {
  const ways = new Map<string, Promise<NodeHttpHandler>>()
  let failure: FailedRequest | undefined
  const by = (proxy: Proxy | undefined): Promise<NodeHttpHandler> => {
    const key = proxy?.url.href ?? ''
    const way = ways.get(key) ?? makeHandler(profile, proxy, logger)
    ways.set(key, way)
    return way
  }
  return {
    metadata: {handlerProtocol: 'http/1.1'},
    async handle(request, options) {
      const {protocol, hostname, port} = request
      const host = port === undefined ? hostname : `${hostname}:${port}`
      try {
        checkEndpoint(protocol, hostname, host)
        const handler = await by(proxyFor(new URL(`${protocol}//${host}`)))
        const answer = await handler.handle(request, options)
        failure = undefined
        return answer
      } catch (error) {
        if (error instanceof Error) failure = {error, host}
        throw error
      }
    },
    takeFailure() {
      const taken = failure
      failure = undefined
      return taken
    },
  }
}

/**
 * Every request holds a secret. Throws CONFIG_INVALID where it would leave this machine without TLS: only an endpoint URL
 * that the user has set leads there. `localhost:4566`, without http://, is a URL, too, with `localhost:` as its protocol.
 */
function checkEndpoint(protocol: string, hostname: string, host: string): void {
  if (protocol === 'https:' || (protocol === 'http:' && isThisMachine(hostname))) return
  const wrong =
    protocol === 'http:'
      ? `The endpoint URL http://${host} is not encrypted: it would get your AWS session token in clear text.`
      : `An endpoint URL for AWS begins with ${JSON.stringify(protocol)}, and not with https://.`
  throw fail('CONFIG_INVALID', wrong, {hint: ENDPOINT_HINT})
}

const ENDPOINT_HINT = [
  'Check AWS_ENDPOINT_URL, those of single services (AWS_ENDPOINT_URL_SSM), and endpoint_url of the profile.',
  'They begin with https://. Only for this machine (127.0.0.1, [::1], localhost) http:// will do.',
].join('\n')

async function makeHandler(
  profile: string | undefined,
  proxy: Proxy | undefined,
  logger: object,
): Promise<NodeHttpHandler> {
  const [{NodeHttpHandler}, ca] = await Promise.all([import('@smithy/node-http-handler'), awsAuthorities(profile)])
  const limits = {requestTimeout: ANSWER_MS, throwOnRequestTimeout: true, logger: logger as Console}
  if (!proxy) return new NodeHttpHandler({...limits, connectionTimeout: CONNECT_MS, httpsAgent: {ca}})
  const {ProxyAgent} = await import('../network/proxy-agent.js')
  const agent = new ProxyAgent(proxy, ca)
  return new NodeHttpHandler({
    ...limits,
    connectionTimeout: CONNECT_BY_PROXY_MS,
    httpAgent: agent,
    httpsAgent: agent as never,
  })
}
