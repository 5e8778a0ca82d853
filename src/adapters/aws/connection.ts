import {setMaxListeners} from 'node:events'
import {type DbtunnelError, fail, hasCode} from '../../core/errors.js'
import type {Say} from '../../core/run.js'
import type {RateLimit} from '../../core/rate-limit.js'
import {sharedCredentials, type SharedCredentials} from './credentials.js'
import {credentialSource, nameToSdk, readSections} from './profile.js'
import {madeBy} from './made-by.js'
import {hasUnknownName} from './network-failure.js'
import {type RequestHandler, requestHandler} from './request-handler.js'
import {translateError} from './translate-error.js'

export interface AwsOptions {
  /** As settings have it; without it the SDK's default chain counts. */
  readonly profile?: string | undefined
  readonly region: string
  readonly say: Pick<Say, 'debug' | 'notice'>
  /** For every attempt of StartSession: it comes when it is its turn, among all that this process starts. */
  readonly startSessionLimit?: RateLimit | undefined
  /** Where to ask, whatever variables and profiles say. */
  readonly endpoint?: string | undefined
}

/** How this run asks AWS: settings, credentials and error texts that all services share. */
export interface Connection {
  readonly region: string
  readonly profile: string | undefined
  readonly credentials: SharedCredentials
  /** What every SDK client is made with. */
  readonly clientConfig: ReturnType<typeof clientConfig> & {
    readonly region: string
    readonly credentials: SharedCredentials
    readonly endpoint?: string
  }
  /**
   * Makes a loader of an SDK client, which runs at its first call. Loading takes long, and no request leaves while
   * it goes on: those that are asked for together then are under way together.
   */
  loader<Loaded>(load: () => Promise<Loaded>): () => Promise<Loaded>
  /** Prepares a new client: notes the endpoint of a request that fails, and learns AWS's time. */
  adopt<Client extends SdkClient>(client: Client): Client
  /** Sends a request; rejects with one of our errors, or with the signal's reason. */
  ask<Answer>(action: string, send: (options: SendOptions) => Promise<Answer>, signal?: AbortSignal): Promise<Answer>
  /** AWS's time less this machine's in milliseconds, as far as answers have shown; 0 before the first. */
  clockOffset(): number
  /** When AWS last took these credentials, in milliseconds since the epoch; 0 before the first time. */
  takenAt(): number
}

export interface SendOptions {
  readonly abortSignal?: AbortSignal
}

interface SdkClient {
  readonly config: {readonly systemClockOffset: number}
  // The SDK's own types differ from client to client in their inputs and outputs.
  readonly middlewareStack: {
    add(middleware: never, options: {step: 'finalizeRequest'; priority: 'low'; name: string}): void
  }
}

/** Four attempts with the SDK's jittered backoff take about 10 s at the worst, when nothing can be connected to. */
const ATTEMPTS = 4
/** For a whole call with all its attempts. The SDK's own limits are over once an answer begins: its body may never end. */
const CALL_MS = 45_000

const REFUSED_CREDENTIALS = ['CREDENTIALS_EXPIRED', 'CREDENTIALS_INVALID', 'CREDENTIALS_MISSING'] as const

// The SDK writes warnings to the console when it has no logger.
const silent = {trace() {}, debug() {}, info() {}, warn() {}, error() {}}

export function connect({profile, region, say, endpoint}: AwsOptions, shared?: SharedCredentials): Connection {
  // Node 20 is on the SDK's way out: its warning is for us, not for the user's terminal.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  // Every request holds a secret.
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  if (profile !== undefined && endpoint === undefined) nameToSdk(profile)

  // Another one for credentials, so that what fails there is known as theirs.
  const credentials = shared ?? sharedCredentials({profile, region}, clientConfig(requestHandler(profile, silent)), say)
  const clients: SdkClient[] = []
  const hosts = new WeakMap<object, string>()
  let takenAt = 0
  const loading = new Set<Promise<unknown>>()

  const blameName = async (failure: DbtunnelError, action: string): Promise<DbtunnelError> => {
    const [service = ''] = action.split(':')
    const makers = await madeBy(service, profile).catch(() => [])
    if (makers.length === 0) return failure
    const plural = makers.length > 1
    return fail(failure.code, failure.message, {
      hint: `That name comes from ${makers.join(' and ')}. If it is not meant, take ${plural ? 'them' : 'it'} out; else check DNS and VPN.`,
      cause: failure.cause,
    })
  }
  return {
    region,
    profile,
    credentials,
    clientConfig: {
      ...clientConfig(requestHandler(profile, silent)),
      region,
      credentials,
      ...(endpoint === undefined ? {} : {endpoint}),
    },
    loader(load) {
      let loaded: ReturnType<typeof load> | undefined
      return () => {
        if (loaded) return loaded
        // The SDK finds in the files what is read of them here.
        loaded = readSections().then(load)
        loading.add(loaded)
        return loaded
      }
    },
    adopt(client) {
      clients.push(client)
      const noteHost = (next: Handler) => async (args: HandlerArguments) => {
        try {
          return await next(args)
        } catch (error) {
          const {hostname, port} = args.request
          if (error instanceof Error) hosts.set(error, port === undefined ? hostname : `${hostname}:${port}`)
          throw error
        }
      }
      client.middlewareStack.add(noteHost as never, {step: 'finalizeRequest', priority: 'low', name: 'noteHost'})
      return client
    },
    async ask(action, send, signal) {
      await Promise.allSettled(loading)
      signal?.throwIfAborted()
      const startedAt = Date.now()
      const late = AbortSignal.timeout(CALL_MS)
      const stop = signal ? AbortSignal.any([signal, late]) : late
      // The SDK listens anew for each attempt: that is no leak.
      setMaxListeners(0, stop)
      try {
        const answer = await send({abortSignal: stop})
        takenAt = Date.now()
        say.debug(`${action}: ${takenAt - startedAt} ms`)
        return answer
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        if (late.aborted) {
          throw fail('TIMEOUT', `AWS did not finish its answer to ${action} within ${CALL_MS / 1000} s.`, {
            hint: 'Try again.',
          })
        }
        const host = error instanceof Error ? hosts.get(error) : undefined
        say.debug(`${action}: ${error instanceof Error ? error.name : 'failed'} after ${Date.now() - startedAt} ms`)
        const translated = translateError(error, {action, region, host, source: await credentialSource(profile)})
        if (hasCode(translated, ...REFUSED_CREDENTIALS)) credentials.forget()
        throw hasUnknownName(translated) && endpoint === undefined ? await blameName(translated, action) : translated
      }
    },
    takenAt: () => takenAt,
    clockOffset() {
      return clients.map(({config}) => config.systemClockOffset).find((offset) => offset !== 0) ?? 0
    },
  }
}

type HandlerArguments = {readonly request: {readonly hostname: string; readonly port?: number}}
type Handler = (args: HandlerArguments) => Promise<unknown>

function clientConfig(requestHandler: RequestHandler) {
  return {maxAttempts: ATTEMPTS, retryMode: 'standard', logger: silent, requestHandler}
}
