import {randomUUID} from 'node:crypto'
import {type DbtunnelError, hasCode} from '../../../core/errors.js'
import type {SessionGrant, SigningApi, SsmApi} from '../../../core/ports/aws.js'
import type {Clock} from '../../../core/ports/clock.js'
import type {WebSocketLink} from '../../../core/ports/network.js'
import type {Ports} from '../../../core/ports/ports.js'
import {type Backoff, backoffDelay, retry} from '../../../core/retry.js'
import type {Say} from '../../../core/run.js'
import {type Attempt, attempt} from './attempt.js'
import {isForbidden, isPassing, neverOpened, notResumed} from './channel-failure.js'
import {foreignWords} from './quote-foreign.js'
import type {Gate} from './flow-control/inbound-flow.js'
import {openDataChannel} from './protocol/payloads.js'
import {rest} from './sleep-unless.js'
import {needsSignature} from './protocol/stream-url.js'

/** One attempt, from the signature to the open WebSocket. */
const ATTEMPT_MS = 10_000
const FIRST_DIAL: Backoff = {attempts: 4, baseMs: 250, capMs: 1000}
/** A minute or two: a train's tunnel, a change of network. */
const RESUME: Backoff = {attempts: 14, baseMs: 250, capMs: 15_000}
/** So often in a row may a resumed WebSocket end before it has carried anything. */
const STILLBORN = 5
const GROWN_UP_MS = 60_000

/** Nothing heard for this long: ask. Twice as long after each time that a new line was as silent. */
const SILENCE_MS = 10_000
const MOST_SILENCE_MS = 160_000
/** No answer for this long: lost. */
const ANSWER_MS = 5000
const WATCH_MS = 2500
/** For the closing handshake. */
const CLOSE_MS = 300

export interface ResumableChannelPorts extends Pick<Ports, 'clock' | 'webSocket'> {
  readonly aws: {readonly ssm: Pick<SsmApi, 'resumeSession'>; readonly signing: Pick<SigningApi, 'upgradeHeaders'>}
}

export interface ResumableChannelEvents {
  /** A WebSocket is open; it may be the first or a later one. */
  up(link: WebSocketLink): void
  received(frame: Buffer): void
  down(): void
  /** There is none and there will be none; `timedOut` when Session Manager has ended the session meanwhile. */
  lost(error: DbtunnelError, timedOut: boolean): void
}

interface Line {
  readonly link: WebSocketLink
  readonly since: number
  /** Aborted when it is closed. */
  readonly closed: AbortSignal
  carried: boolean
}

/**
 * Keeps a WebSocket to the service open: dials, notices when it has died, and
 * resumes the session over a new one with a fresh token. What it carries is
 * not its affair.
 */
export class ResumableChannel implements Gate {
  readonly #ports: ResumableChannelPorts
  readonly #clock: Clock
  readonly #grant: SessionGrant
  readonly #url: string
  readonly #clientId = randomUUID()
  readonly #signal: AbortSignal
  readonly #say: Say
  readonly #events: ResumableChannelEvents
  #line: Line | undefined
  #downAt: number | undefined
  #heardAt = 0
  #paused = false
  #stillborn = 0
  #silenceMs = SILENCE_MS
  /** Aborted at the next sign of life, while a check waits for one. */
  #sign: AbortController | undefined
  #checking: Promise<void> | undefined
  /** The latest restoration; settled when it is over. */
  #restoring: Promise<void> | undefined

  /** When `signal` aborts it does nothing more. */
  constructor(
    ports: ResumableChannelPorts,
    life: {grant: SessionGrant; signal: AbortSignal; say: Say; events: ResumableChannelEvents},
  ) {
    this.#ports = ports
    this.#clock = ports.clock
    this.#grant = life.grant
    this.#url = life.grant.streamUrl
    this.#signal = life.signal
    this.#say = life.say
    this.#events = life.events
  }

  /** Since the line was lost, in milliseconds; 0 while there is one. */
  get outageMs(): number {
    return this.#line || this.#downAt === undefined ? 0 : this.#clock.now() - this.#downAt
  }

  /** Bytes that wait to leave. */
  get backlog(): number {
    return this.#line?.link.bufferedBytes ?? 0
  }

  async open(): Promise<void> {
    const dial = (signal: AbortSignal): Promise<void> => this.#dial(this.#grant.tokenValue, signal)
    try {
      await this.#try(dial, FIRST_DIAL, (error) => isPassing(error) && !isForbidden(error))
    } catch (error) {
      throw neverOpened(error, new URL(this.#url).host)
    }
    void this.#watch()
  }

  /** Finds out whether the line still lives and waits until another has taken its place, or nothing can. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined))
    return this.#checking
  }

  pause(): void {
    this.#paused = true
    this.#line?.link.pause()
  }

  resume(): void {
    this.#paused = false
    this.#heardAt = this.#clock.now()
    this.#line?.link.resume()
  }

  /** Takes a moment at most, even when the network is gone. */
  async close(): Promise<void> {
    const line = this.#line
    this.#line = undefined
    if (!line) return
    line.link.close()
    if (await rest(this.#clock, CLOSE_MS, line.closed)) line.link.terminate()
  }

  /** Tries to reach AWS, each time for a limited time. */
  async #try(work: Attempt, backoff: Backoff, retryable: (error: unknown) => boolean): Promise<void> {
    const once = (): Promise<void> => attempt(work, ATTEMPT_MS, this.#clock, this.#signal)
    await retry(once, backoff, retryable, this.#clock, this.#signal)
  }

  async #dial(tokenValue: string, signal: AbortSignal): Promise<void> {
    const headers = needsSignature(this.#url) ? await this.#ports.aws.signing.upgradeHeaders(this.#url) : {}
    signal.throwIfAborted()
    const link = await this.#ports.webSocket.connect(this.#url, headers, signal)
    if (signal.aborted) return link.terminate()
    this.#adopt(link, tokenValue)
  }

  #adopt(link: WebSocketLink, tokenValue: string): void {
    const closed = new AbortController()
    const line: Line = {link, since: this.#clock.now(), closed: closed.signal, carried: false}
    this.#line = line
    this.#heardAt = line.since
    link.onClose(({code, reason}) => {
      closed.abort()
      this.#down(line, `WebSocket closed, ${reason ? `${code} ${reason}` : `code ${code}`}`)
    })
    link.onPong(() => this.#hear())
    link.onMessage((data) => {
      if (this.#line !== line || typeof data === 'string') return
      line.carried = true
      this.#hear()
      this.#events.received(Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    })
    if (this.#paused) link.pause()
    link.send(openDataChannel({requestId: randomUUID(), tokenValue, clientId: this.#clientId}))
    this.#events.up(link)
  }

  #hear(): void {
    this.#heardAt = this.#clock.now()
    this.#silenceMs = SILENCE_MS
    this.#sign?.abort()
  }

  #down(line: Line, why: string): void {
    if (this.#line !== line) return
    this.#line = undefined
    this.#downAt = this.#clock.now()
    this.#sign?.abort()
    this.#events.down()
    this.#say.debug(`data channel lost: ${foreignWords(why)}`)
    const carried = line.carried || this.#clock.now() - line.since > GROWN_UP_MS
    this.#stillborn = carried ? 0 : this.#stillborn + 1
    this.#restoring = this.#restore(why)
  }

  /** Resumes the session, or gives it up. Never rejects. */
  async #restore(why: string): Promise<void> {
    try {
      if (this.#stillborn > STILLBORN) throw new Error('every new connection is closed at once')
      if (this.#stillborn > 0) await this.#clock.sleep(backoffDelay(RESUME, this.#stillborn + 1), this.#signal)
      await this.#try((signal) => this.#redial(signal), RESUME, isPassing)
      this.#say.debug('data channel resumed')
    } catch (error) {
      if (!this.#signal.aborted) this.#events.lost(notResumed(why, error), hasCode(error, 'TUNNEL_LOST'))
    }
  }

  async #redial(signal: AbortSignal): Promise<void> {
    const {tokenValue} = await this.#ports.aws.ssm.resumeSession(this.#grant.sessionId, signal)
    await this.#dial(tokenValue, signal)
  }

  /** Asks when nothing was heard for a while: it may be this process that was stopped, or its machine asleep. */
  async #watch(): Promise<void> {
    while (await rest(this.#clock, WATCH_MS, this.#signal)) {
      if (this.#clock.now() - this.#heardAt >= this.#silenceMs) await this.check()
    }
  }

  async #check(): Promise<void> {
    const line = this.#line
    // While nothing is read, nothing can be heard.
    if (line && !this.#paused) {
      this.#sign = new AbortController()
      line.link.ping()
      const silent = await rest(this.#clock, ANSWER_MS, this.#sign.signal)
      this.#sign = undefined
      if (silent && this.#line === line && !this.#paused && !this.#signal.aborted) {
        // A database that reads nothing may silence all on the way to it, new lines too: that is no reason to give up.
        this.#silenceMs = Math.min(this.#silenceMs * 2, MOST_SILENCE_MS)
        line.carried = true
        this.#down(line, 'no answer')
        line.link.terminate()
      }
    }
    await this.#restoring
  }
}
