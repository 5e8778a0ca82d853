import {once} from 'node:events'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {systemClock} from '../../../src/adapters/processes/clock.js'
import {awsApi} from '../../../src/adapters/aws/aws-api.js'
import {listenPort} from '../../../src/adapters/network/listen.js'
import {overflow} from '../../../src/adapters/files/overflow.js'
import {webSocketPort} from '../../../src/adapters/network/websocket.js'
import {fail, hasCode} from '../../../src/core/errors.js'
import type {AwsApi} from '../../../src/core/ports/aws.js'
import type {LocalSocket} from '../../../src/core/ports/network.js'
import {Teardown} from '../../../src/core/teardown.js'
import {nativeCarrier} from '../../../src/links/session/native/carrier.js'
import type {Link} from '../../../src/links/link.js'
import {isLater} from '../agent/versions.js'
import type {Call} from './call.js'
import type {Fault} from './faults.js'
import {makeMuxSocket} from './mux-socket.js'
import {observe} from './observed-web-socket.js'
import {die, type Screen} from './screen.js'
import {Sending} from './sending.js'

const FOREVER_MS = 2 ** 31 - 1
/** Then it stays, alive and dead. */
const RESUME_ATTEMPTS = 6
/** From here on a taken port hangs without a word; before, the keepalive of the multiplexer ends it. */
const SILENT_SINCE = '3.1.1511.0'
const KEEPALIVE_GIVES_UP_MS = 10_000

/** One session, carried by the native engine and told in the real plugin's words. */
export class Carrier {
  readonly #call: Call
  readonly #faults: ReadonlyMap<Fault, number>
  readonly #screen: Screen
  readonly #aws: AwsApi
  readonly #stop = new AbortController()
  readonly #sockets: LocalSocket[] = []
  readonly #sending = new Sending(() => this.#sockets.reduce((sum, {bytesRead}) => sum + 1 + bytesRead, 0))
  #agentVersion = ''
  #wantedPort = 0
  #connections = 0
  #failedResumes = 0
  #dead = false
  #opening: Promise<Link> | undefined
  #removeSocket = (): void => {}

  constructor(call: Call, faults: ReadonlyMap<Fault, number>, screen: Screen) {
    this.#call = call
    this.#faults = faults
    this.#screen = screen
    if (call.endpoint !== '') process.env['AWS_ENDPOINT_URL_SSM'] = call.endpoint
    const profile = call.profile === '' ? undefined : call.profile
    this.#aws = awsApi({profile, region: call.region, say: {debug: () => {}, notice: () => {}}})
  }

  /** Carries it until it dies. Then, as the real one, the process just goes on. */
  async carry(): Promise<void> {
    const {grant, region, target} = this.#call
    const engine = nativeCarrier({
      aws: {
        ssm: {resumeSession: (id) => this.#resume(id)},
        signing: {upgradeHeaders: (url) => this.#aws.signing.upgradeHeaders(url).catch(() => ({}))},
      },
      webSocket: observe(webSocketPort, {
        onHandshake: (agentVersion, localPort) => {
          this.#agentVersion = agentVersion
          this.#wantedPort = localPort
        },
        onFailedDial: () => this.#screen.print('\nConnection to destination port failed, check SSM Agent logs.\n'),
        onChannelClosed: (output) => void this.#channelClosed(output),
        onLost: () => this.#sending.lost(),
        onBack: () => this.#sending.back(),
        sends: () => !this.#sending.over,
      }),
      clock: systemClock,
      overflow,
    })
    const run = {
      signal: this.#stop.signal,
      undo: new Teardown(),
      say: {notice: () => {}, debug: () => {}},
      divert: () => () => {},
    }
    this.#opening = engine.open(
      {
        grant,
        bastion: {id: target},
        region,
        request: {target, document: '', parameters: {}},
        limits: {webSocketMs: FOREVER_MS, handshakeMs: FOREVER_MS},
      },
      run,
    )
    try {
      const session = await this.#opening
      await this.#listen(session)
      await session.closed
    } catch {
      // Hangs without a word.
    }
    this.#dead = true
  }

  /** The session is up: from here on it obeys signals, and says where it listens. */
  async #listen({accept}: Link): Promise<void> {
    this.#obeySignals()
    if (this.#multiplexes) {
      const socket = await makeMuxSocket(this.#call.grant.sessionId).catch((error: Error) =>
        this.#giveUp(error.message),
      )
      this.#removeSocket = () => socket.remove()
    }
    if (this.#faults.has('hang-port')) return forever()
    const port = await this.#takePort(accept)
    this.#screen.print(`Port ${port} opened for sessionId ${this.#call.grant.sessionId}.`)
    this.#screen.print(this.#multiplexes ? '\nWaiting for connections...\n' : '\n')
    if (this.#faults.has('kill-listening')) await this.#screen.flush().then(die)
  }

  /** It goes on listening when the session has ended. */
  async #takePort(accept: Link['accept']): Promise<number> {
    try {
      const loopback = this.#faults.has('only-ipv6') ? {listen: listenOnIpv6} : listenPort
      const {port} = await loopback.listen(this.#wantedPort, (socket) => {
        if (this.#sending.over) return void this.#giveUp('write tcp 127.0.0.1:1->127.0.0.1:2: write: broken pipe')
        this.#sockets.push(socket)
        if (this.#dead) return
        this.#countConnection()
        // It closes what fails, where the native engine resets.
        socket.resetAndDestroy = () => socket.destroy()
        accept(socket)
      })
      return port
    } catch (error) {
      if (!hasCode(error, 'PORT_IN_USE')) throw error
      if (this.#multiplexes && isLater(this.#agentVersion, SILENT_SINCE)) return forever()
      if (this.#multiplexes) await systemClock.sleep(KEEPALIVE_GIVES_UP_MS)
      return this.#giveUp(`listen tcp 127.0.0.1:${this.#wantedPort}: bind: address already in use`)
    }
  }

  #countConnection(): void {
    const {sessionId} = this.#call.grant
    if (++this.#connections === 1) {
      const first = this.#multiplexes
        ? `\nConnection accepted for session [${sessionId}]\n`
        : `Connection accepted for session ${sessionId}.\n`
      this.#screen.print(first)
    }
    if (this.#faults.get('kill-at-connection') === this.#connections) die()
  }

  async #resume(sessionId: string): Promise<{readonly tokenValue: string}> {
    if (this.#faults.has('dead-resume')) throw fail('TUNNEL_LOST', 'on purpose')
    try {
      const answer = await this.#aws.ssm.resumeSession(sessionId)
      this.#failedResumes = 0
      return answer
    } catch (error) {
      // No token: the session has timed out.
      if (hasCode(error, 'TUNNEL_LOST')) return this.#quit(`Session: ${sessionId} timed out.\n`)
      if (++this.#failedResumes === RESUME_ATTEMPTS) throw fail('TUNNEL_LOST', 'given up', {cause: error})
      throw error
    }
  }

  async #channelClosed(output: string): Promise<void> {
    const {sessionId} = this.#call.grant
    this.#removeSocket()
    await this.#quit(output === '' ? this.#farewell : `\n\nSessionId: ${sessionId} : ${output}\n\n`)
  }

  #obeySignals(): void {
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const) {
      process.on(signal, () => {
        if (!this.#faults.has('ignore-sigint')) void this.#terminate()
      })
    }
  }

  async #terminate(): Promise<void> {
    this.#screen.print('Terminate signal received, exiting.\n')
    if (!isLater(this.#agentVersion, '2.3.722.0')) {
      // Such an agent knows no flag: AWS is asked, and channel_closed ends the process.
      return this.#aws.ssm.terminateSession(this.#call.grant.sessionId).catch(() => {})
    }
    this.#stop.abort(fail('INTERRUPTED', 'Terminate signal received.'))
    await this.#opening?.then((session) => session.close()).catch(() => {})
    this.#removeSocket()
    await this.#quit(this.#farewell)
  }

  get #multiplexes(): boolean {
    return isLater(this.#agentVersion, '3.0.196.0')
  }

  get #farewell(): string {
    return `\n\nExiting session with sessionId: ${this.#call.grant.sessionId}.\n\n`
  }

  #giveUp(reason: string): Promise<never> {
    return this.#quit(`Cannot perform start session: ${reason}\n`)
  }

  async #quit(lastWords: string): Promise<never> {
    this.#screen.print(lastWords)
    await this.#screen.flush()
    process.exit(0)
  }
}

async function listenOnIpv6(port: number, onConnection: (socket: Socket) => void): Promise<{readonly port: number}> {
  const server = createServer({allowHalfOpen: true, noDelay: true}, onConnection).listen(port, '::1')
  await once(server, 'listening')
  return server.address() as AddressInfo
}

function forever(): Promise<never> {
  return new Promise(() => {})
}
