import {type DbtunnelError, fail, isDbtunnelError} from '../../../core/errors.js'
import type {LocalSocket} from '../../../core/ports/network.js'
import type {Ports} from '../../../core/ports/ports.js'
import type {Say} from '../../../core/run.js'
import type {Carry, Link, LinkEnd} from '../../link.js'
import type {AgentFeatures} from './protocol/agent-version.js'
import {Basic} from './single.js'
import {Channel} from './channel.js'
import {Deferred} from './deferred.js'
import {foreignWords} from './quote-foreign.js'
import {silentAgent, silentWebSocket} from '../silence.js'
import {rest} from './sleep-unless.js'
import type {Forwarder} from './forwarder.js'
import {answerHandshake} from './protocol/handshake.js'
import {InboundFlow} from './flow-control/inbound-flow.js'
import {ResumableChannel, type ResumableChannelPorts} from './resumable-channel.js'
import {PAYLOAD} from './protocol/message.js'
import {Mux} from './mux.js'
import type {Pace} from './flow-control/pace.js'
import {FLAG, flag, readFlag} from './protocol/payloads.js'

export type NativePorts = ResumableChannelPorts & Pick<Ports, 'overflow'>

/** One session from the WebSocket to the connections of local programs: puts the parts together and takes them apart, once. */
export class NativeSession implements Link {
  readonly id: string
  readonly via: Link['via']
  readonly #ports: NativePorts
  readonly #say: Say
  /** Aborted when the session ends: every timer and attempt of its parts ends with it. */
  readonly #life = new AbortController()
  readonly #resumable: ResumableChannel
  readonly #channel: Channel
  readonly #flow: InboundFlow
  readonly #forwarding = new Deferred<Forwarder>()
  readonly #closed = new Deferred<LinkEnd>()
  readonly #host: string
  #features: AgentFeatures | undefined
  #forwarder: Forwarder | undefined
  #ending: Promise<void> | undefined
  #resumed = (): void => {}

  /** Throws PROTOCOL when the grant's stream is not to be trusted. */
  constructor(ports: NativePorts, carry: Carry, say: Say, pace: Pace) {
    const {clock} = ports
    const {signal} = this.#life
    this.id = carry.grant.sessionId
    this.via = {kind: 'session', bastion: carry.bastion, carrier: 'native'}
    this.#host = new URL(carry.grant.streamUrl).host
    this.#ports = ports
    this.#say = say
    this.#channel = new Channel({
      clock,
      pace,
      signal,
      events: {
        received: (type, payload) => this.#receive(type, payload),
        closed: (output) => void this.end(this.#toldError(output), true),
      },
    })
    this.#resumable = new ResumableChannel(ports, {
      grant: carry.grant,
      signal,
      say,
      events: {
        up: (link) => {
          this.#channel.attach(link)
          if (this.#forwarder) this.#resumed()
        },
        received: (frame) => this.#takeIn(frame),
        down: () => this.#channel.detach(),
        lost: (error, timedOut) => void this.end(error, timedOut),
      },
    })
    this.#flow = new InboundFlow({clock, signal, gate: this.#resumable})
  }

  get closed(): Promise<LinkEnd> {
    return this.#closed.promise
  }

  /** Resolves when the agent is ready; rejects with what ended the session before, or TIMEOUT of the step that took too long. */
  async start({webSocketMs, handshakeMs}: Carry['limits']): Promise<void> {
    const {bastion} = this.via
    try {
      await this.#within(webSocketMs, () => silentWebSocket(this.#host, bastion, webSocketMs), this.#resumable.open())
      await this.#within(handshakeMs, () => silentAgent(bastion, handshakeMs), this.#forwarding.promise)
      this.#life.signal.throwIfAborted()
    } catch (error) {
      await this.end(error as Error)
      throw error
    }
  }

  readonly accept = (socket: LocalSocket): void => {
    if (this.#forwarder && !this.#ending) this.#forwarder.connect(socket)
    else socket.resetAndDestroy()
  }

  readonly onResumed = (resumed: () => void): void => {
    this.#resumed = resumed
  }

  readonly unheard = (): number => this.#channel.unheardMs

  readonly outage = (): number => this.#resumable.outageMs

  /** An agent before the multiplexer reads nothing before it has its connection. */
  readonly dials = async (ms: number): Promise<boolean> => {
    const decided = new AbortController()
    const made = this.#forwarder?.tryDial?.().finally(() => decided.abort())
    await rest(this.#ports.clock, ms, AbortSignal.any([decided.signal, this.#life.signal]))
    if (!made) return this.unheard() === 0
    return decided.signal.aborted && made
  }

  async check(): Promise<void> {
    await this.#resumable.check()
  }

  async close(): Promise<void> {
    await this.end()
  }

  /** The one way out. Local programs see a reset, the agent the flag that ends the session there. */
  end(error?: Error, byService = false): Promise<void> {
    this.#ending ??= this.#end(error, byService)
    return this.#ending
  }

  async #within(ms: number, late: () => Error, work: Promise<unknown>): Promise<void> {
    const done = new AbortController()
    void rest(this.#ports.clock, ms, done.signal).then((isLate) => (isLate ? this.end(late()) : undefined))
    try {
      await work
    } finally {
      done.abort()
    }
  }

  async #end(error: Error | undefined, byService: boolean): Promise<void> {
    this.#channel.send(PAYLOAD.flag, flag(FLAG.terminateSession))
    const reason = error ?? fail('TUNNEL_LOST', 'The session was closed.')
    this.#life.abort(reason)
    this.#forwarding.reject(reason)
    for (const reader of this.#flow.readers) reader.reset()
    await this.#resumable.close()
    this.#closed.resolve({error: isDbtunnelError(error) ? error : undefined, byService: byService || undefined})
  }

  #takeIn(frame: Buffer): void {
    if (this.#ending) return
    try {
      this.#channel.receive(frame)
      this.#flow.reviewBacklog()
    } catch (error) {
      if (!isDbtunnelError(error)) throw error
      void this.end(error)
    }
  }

  #receive(type: number, payload: Buffer): void {
    switch (type) {
      case PAYLOAD.data:
        return this.#forwarder?.receive(payload)
      case PAYLOAD.handshakeRequest:
        return this.#answer(payload)
      case PAYLOAD.handshakeComplete:
        return this.#forward()
      case PAYLOAD.flag:
        if (readFlag(payload) === FLAG.connectToPortError) this.#forwarder?.refused()
    }
  }

  /** Once: an agent has nothing to ask a second time, and no answer is forgotten before it is acknowledged. */
  #answer(payload: Buffer): void {
    if (this.#features) return
    const {response, features, refusal} = answerHandshake(payload)
    this.#channel.send(PAYLOAD.handshakeResponse, response)
    if (refusal) throw refusal
    this.#features = features
  }

  #forward(): void {
    if (this.#forwarder) return
    if (!this.#features) throw fail('PROTOCOL', 'The SSM agent sent the end of a handshake before its beginning.')
    this.#say.debug(`agent: ${this.#features.multiplexed ? 'many connections' : 'one connection at a time'}`)
    const {clock, overflow} = this.#ports
    const parts = {clock, overflow, signal: this.#life.signal, flow: this.#flow}
    this.#forwarder = this.#features.multiplexed
      ? new Mux({...parts, keepalive: this.#features.needsKeepalive, pump: () => this.#channel.pump()})
      : new Basic({...parts, channel: this.#channel})
    this.#channel.carry(this.#forwarder)
    this.#forwarding.resolve(this.#forwarder)
  }

  /** What the service's own words at the end of a session mean. */
  #toldError(output: string): DbtunnelError {
    const said = foreignWords(output).replace(/\.$/, '') || 'it gave no reason'
    if (/unable to connect to specified port/i.test(said)) {
      return fail('DATABASE_UNREACHABLE', `The bastion ${this.via.bastion.id} cannot reach the database: ${said}.`, {
        hint: "Allow the bastion's security group in the database's security group.",
      })
    }
    if (!this.#forwarder) return fail('SESSION_FAILED', `Session Manager refused the session: ${said}.`)
    return fail('TUNNEL_LOST', `Session Manager ended the session: ${said}.`, {
      hint: "Run the command again. Sessions end after the idle time and the duration set in Session Manager's preferences.",
    })
  }
}
