import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import type {Socket} from 'node:net'
import type {WebSocket} from 'ws'
import {decodeMessage, FLAG, flagPayload, type Incoming, PAYLOAD} from './agent-message.js'
import {BasicPort} from './basic-port.js'
import {type Behaviour, randomRow, type Timing} from './behaviour.js'
import {Channel} from './channel.js'
import {type EndCause, newCounters, type SessionEnd, type SessionFacts} from './facts.js'
import {SessionGateway} from './session-gateway.js'
import {MuxPort} from './mux-port.js'
import type {Port} from './port.js'
import {Pump} from './pump.js'
import {type Grant, HANDSHAKE_TIMED_OUT, handshakeRequest} from './service-messages.js'
import {COMMAND, frameHeader} from './smux.js'
import {faultOfMessage, readHandshakeResponse} from './strict.js'
import {type Features, featuresOf} from './versions.js'

/** What a handshake may ask for, in order. */
const ACTIONS = ['SessionType', 'KMSEncryption']

/** A connection to the database. `signal` aborts when the session ends first. */
export type Dial = (address: string, port: number, signal: AbortSignal) => Promise<Socket>

export interface SessionOptions {
  readonly grant: Grant
  readonly behaviour: Behaviour
  readonly timing: Timing
  /** What the agent has found for the grant's host. */
  readonly address: string
  readonly dial: Dial
  readonly log: (line: string) => void
  readonly onEnd: (end: SessionEnd) => void
}

/** The agent's side of one session, and the service's between it and the client. It outlives WebSockets. */
export class AgentSession {
  readonly id: string
  /** Path and query of the stream URL. */
  readonly path: string
  readonly #options: SessionOptions
  readonly #counters = newCounters()
  readonly #gateway: SessionGateway
  readonly #channel: Channel
  readonly #pump: Pump
  readonly #over = new AbortController()
  #behaviour: Behaviour
  #random: () => number
  #clientVersion: string | undefined
  #signed: boolean | undefined
  #phase: SessionFacts['phase'] = 'granted'
  #features: Features | undefined
  #port: Port | undefined
  #end: SessionEnd | undefined
  #paused = false
  #stalled = false
  #startedAt = 0
  #handshakeTimer: NodeJS.Timeout | undefined
  #resendTimer: NodeJS.Timeout | undefined
  #setupTimer: NodeJS.Timeout | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.id = options.grant.sessionId
    this.path = `/v1/data-channel/${encodeURIComponent(this.id)}?role=publish_subscribe&cell-number=${randomBytes(24).toString('base64url')}`
    this.#behaviour = options.behaviour
    this.#random = randomRow(options.behaviour.seed)
    this.#gateway = new SessionGateway(this.id, options.grant.token, {
      behaviour: () => this.#behaviour,
      random: () => this.#random(),
      counters: this.#counters,
      log: options.log,
      onAdmitted: () => this.#onAdmitted(),
      onMessage: (message) => this.#onMessage(message),
      onLost: () => this.#pump.run(),
      onDrain: () => this.#pump.run(),
      onFault: (fault) => this.#violate(fault),
    })
    this.#channel = new Channel({
      nulPadding: () => this.#behaviour.nulPadding,
      transmit: (message) => {
        if (!this.#paused) this.#gateway.link?.send(message)
      },
      mayDeliver: ({payloadType}) => payloadType === PAYLOAD.handshakeResponse || this.#port?.ready !== false,
      deliver: (message) => this.#deliver(message),
      onDuplicate: () => this.#counters.duplicates++,
      onResend: () => this.#counters.resends++,
    })
    this.#pump = new Pump({
      paceMs: () => this.#behaviour.paceMs,
      mayFlow: () => this.#mayFlow(),
      send: (payload) => this.#channel.send(PAYLOAD.data, payload),
      onFull: (full) => (full ? this.#port?.pause() : this.#port?.resume()),
    })
  }

  get held(): boolean {
    return this.#behaviour.held
  }

  get silentFrom(): Behaviour['silentFrom'] {
    return this.#behaviour.silentFrom
  }

  get ended(): boolean {
    return this.#end !== undefined
  }

  facts(): SessionFacts {
    return {
      sessionId: this.id,
      phase: this.#phase,
      connected: this.#gateway.link !== undefined,
      signed: this.#signed,
      mode: this.#features && (this.#features.mux ? 'mux' : 'basic'),
      clientVersion: this.#clientVersion,
      unacknowledged: this.#channel.unacknowledged,
      end: this.#end,
      violation: this.#end?.cause === 'violation' ? this.#end.detail : undefined,
      ...this.#counters,
    }
  }

  /** ResumeSession: the token before it is dead. */
  renew(token: string): void {
    this.#gateway.renew(token)
  }

  behave(change: Partial<Behaviour>): void {
    this.#behaviour = {...this.#behaviour, ...change}
    if (change.seed !== undefined) this.#random = randomRow(change.seed)
    if (change.held === false) this.#gateway.sayFarewell()
    this.#pump.run()
  }

  /** Takes over a WebSocket whose upgrade was accepted. Its first frame must be OpenDataChannel. */
  connect(webSocket: WebSocket, socket: Socket, signed: boolean): void {
    this.#signed = signed
    this.#gateway.connect(webSocket, socket)
  }

  /** Resets every WebSocket now. */
  cut(): void {
    this.#gateway.cut()
  }

  /** Resets the WebSocket in the place of the k-th binary message from now, counted both ways. */
  cutAt(k: number): void {
    this.#gateway.cutAt(k)
  }

  hangUp(code: number, reason: string): void {
    this.#gateway.hangUp(code, reason)
  }

  /** What the service tells both sides when one of them is away, and when it is back. */
  publication(kind: 'start' | 'pause'): void {
    this.#setPaused(false)
    this.#channel.control(`${kind}_publication`, {SchemaVersion: 1, SessionId: this.id})
    this.#setPaused(kind === 'pause')
  }

  /** Ends it: connections to the database first, then the client is told. */
  end(cause: EndCause, detail: string): void {
    if (this.#end !== undefined) return
    const end = (this.#end = {sessionId: this.id, cause, detail})
    this.#phase = 'ended'
    clearTimeout(this.#handshakeTimer)
    clearInterval(this.#resendTimer)
    clearTimeout(this.#setupTimer)
    this.#over.abort()
    this.#pump.close()
    this.#port?.close()
    this.#options.log(`session ${this.id} ended (${cause})${detail && `: ${detail}`}`)
    this.#gateway.shut(end)
    this.#channel.close()
    this.#options.onEnd(end)
  }

  #onAdmitted(): void {
    if (this.#stalled) this.#gateway.link?.pause()
    if (this.silentFrom === 'handshake') return
    if (this.#phase === 'granted') return this.#shakeHands()
    this.#setPaused(false)
    this.#channel.resendAll()
    this.#pump.run()
  }

  #shakeHands(): void {
    const {grant, timing} = this.#options
    this.#phase = 'handshake'
    this.#startedAt = performance.now()
    this.#resendTimer = setInterval(() => this.#resend(), timing.resendMs)
    this.#handshakeTimer = setTimeout(() => this.end('handshake', HANDSHAKE_TIMED_OUT), timing.handshakeMs)
    this.#sendJson(PAYLOAD.handshakeRequest, handshakeRequest(grant, this.#behaviour.encrypts))
  }

  #onHandshakeResponse(payload: Buffer): void {
    const {clientVersion, refusal, fault} = readHandshakeResponse(
      payload,
      this.#behaviour.encrypts ? ACTIONS : ACTIONS.slice(0, 1),
    )
    if (this.#phase !== 'handshake') return this.#violate('a second HandshakeResponse')
    if (fault !== undefined) this.#violate(fault)
    if (refusal !== undefined) this.end('handshake', refusal)
    if (this.ended) return
    clearTimeout(this.#handshakeTimer)
    this.#clientVersion = clientVersion
    this.#phase = 'ready'
    const tookNs = Math.round((performance.now() - this.#startedAt) * 1e6)
    this.#sendJson(PAYLOAD.handshakeComplete, {HandshakeTimeToComplete: tookNs, CustomerMessage: ''})
    if (this.#behaviour.earlyData) this.#channel.send(PAYLOAD.data, frameHeader(COMMAND.keepalive, 0))
    this.#features = featuresOf(this.#options.grant.agentVersion, clientVersion)
    const port = (this.#port = this.#newPort(this.#features))
    const {setupMs} = this.#behaviour
    if (setupMs === 0) port.start()
    else this.#setupTimer = setTimeout(() => port.start(), setupMs)
  }

  #newPort({mux, keepalive}: Features): Port {
    const host = {
      counters: this.#counters,
      timing: this.#options.timing,
      dial: () => this.#dial(),
      output: (...bytes: Buffer[]) => this.#pump.push(...bytes),
      sendFlag: (flag: number) => this.#channel.send(PAYLOAD.flag, flagPayload(flag)),
      onStall: (stalled: boolean) => this.#onStall(stalled),
      onFault: (fault: string) => this.#violate(fault),
      end: (cause: EndCause, detail: string) => this.end(cause, detail),
    }
    return mux ? new MuxPort(host, keepalive) : new BasicPort(host)
  }

  async #dial(): Promise<Socket> {
    const {grant, address, dial} = this.#options
    const {signal} = this.#over
    try {
      if (this.silentFrom === 'dial') await once(signal, 'abort')
      const socket = await dial(address, grant.port, signal)
      if (signal.aborted) {
        socket.destroy()
        throw new Error('the session has ended')
      }
      this.#counters.dialled++
      return socket
    } catch (error) {
      this.#counters.refusedDials++
      throw error
    }
  }

  #onMessage(bytes: Buffer): void {
    if (this.ended || (this.silentFrom === 'data' && this.#phase === 'ready')) return
    let message: Incoming
    try {
      message = decodeMessage(bytes)
    } catch {
      return this.#violate('message that is cut short')
    }
    const fault = this.#behaviour.strict ? faultOfMessage(message) : undefined
    if (fault !== undefined) return this.#violate(fault)
    if (message.type === 'acknowledge') this.#onAcknowledge(message.payload)
    else if (message.type === 'input_stream_data') this.#onStreamMessage(message)
  }

  #onAcknowledge(payload: Buffer): void {
    this.#setPaused(false)
    const fault = this.#channel.acknowledged(payload)
    if (fault !== undefined) this.#violate(fault)
  }

  #onStreamMessage(message: Incoming): void {
    this.#setPaused(false)
    if (this.#phase === 'handshake' && message.payloadType === PAYLOAD.data)
      this.#violate('data before HandshakeComplete')
    if (!this.ended) this.#channel.receive(message)
  }

  /** Before the handshake is complete all else is dropped. */
  #deliver({payloadType, payload}: Incoming): void {
    if (payloadType === PAYLOAD.handshakeResponse) this.#onHandshakeResponse(payload)
    else if (payloadType === PAYLOAD.flag) this.#onFlag(payload)
    else if (payloadType === PAYLOAD.data) this.#onData(payload)
  }

  #onData(payload: Buffer): void {
    this.#counters.largestPayload = Math.max(this.#counters.largestPayload, payload.length)
    this.#port?.receive(payload)
  }

  #onFlag(payload: Buffer): void {
    const flag = payload.length === 4 ? payload.readUInt32BE() : 0
    if (flag === FLAG.disconnectToPort) return this.#port?.disconnect()
    if (flag === FLAG.terminateSession && this.#features?.terminateFlag) this.end('flag', '')
  }

  #onStall(stalled: boolean): void {
    this.#stalled = stalled
    if (stalled) this.#gateway.link?.pause()
    else this.#gateway.link?.resume()
  }

  #mayFlow(): boolean {
    return this.#gateway.link?.flows === true && !this.#paused && !this.#behaviour.held
  }

  #resend(): void {
    if (this.#mayFlow()) this.#channel.resendOldest()
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return
    this.#paused = paused
    this.#pump.run()
  }

  #sendJson(payloadType: number, content: object): void {
    this.#channel.send(payloadType, Buffer.from(JSON.stringify(content)))
  }

  #violate(fault: string): void {
    if (this.#behaviour.strict) this.end('violation', fault)
  }
}
