import {randomBytes} from 'node:crypto'
import type {Socket} from 'node:net'
import type {WebSocket} from 'ws'
import {decodeMessage, FLAG, flagPayload, type Incoming, PAYLOAD} from './agent-message.js'
import {BasicPort} from './basic-port.js'
import {type Behaviour, randomRow, type Timing} from './behaviour.js'
import {Channel} from './channel.js'
import {type EndCause, newCounters, type SessionEnd, type SessionFacts} from './facts.js'
import {channelClosed, type Grant, HANDSHAKE_TIMED_OUT, handshakeRequest} from './service-messages.js'
import {Link} from './link.js'
import {MuxPort} from './mux-port.js'
import type {Port} from './port.js'
import {Pump} from './pump.js'
import {COMMAND, frameHeader} from './smux.js'
import {faultOfMessage, readHandshakeResponse, readOpenFrame} from './strict.js'
import {featuresOf} from './versions.js'


/** A connection to the database. `signal` aborts when the session ends first. */
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<Socket>

export interface SessionOptions {
  readonly grant: Grant
  readonly behaviour: Behaviour
  readonly timing: Timing
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
  readonly #requestIds = new Set<string>()
  readonly #links = new Set<Link>()
  readonly #channel: Channel
  readonly #pump: Pump
  readonly #over = new AbortController()
  #behaviour: Behaviour
  #random: () => number
  #token: string | undefined
  #clientId: string | undefined
  #clientVersion: string | undefined
  #signed: boolean | undefined
  #phase: SessionFacts['phase'] = 'granted'
  #link: Link | undefined
  #port: Port | undefined
  #end: SessionEnd | undefined
  #paused = false
  #stalled = false
  #cutAt: number | undefined
  #startedAt = 0
  #handshakeTimer: NodeJS.Timeout | undefined
  #resendTimer: NodeJS.Timeout | undefined
  #setupTimer: NodeJS.Timeout | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.id = options.grant.sessionId
    this.path = `/v1/data-channel/${encodeURIComponent(this.id)}?role=publish_subscribe&cell-number=${randomBytes(24).toString('base64url')}`
    this.#token = options.grant.token
    this.#behaviour = options.behaviour
    this.#random = randomRow(options.behaviour.seed)
    this.#channel = new Channel({
      nulPadding: () => this.#behaviour.nulPadding,
      transmit: (message) => {
        if (!this.#paused) this.#link?.send(message)
      },
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

  get ended(): boolean {
    return this.#end !== undefined
  }

  facts(): SessionFacts {
    const {mode, ...rest} = {mode: this.#port instanceof MuxPort ? 'mux' : 'basic', ...this.#counters} as const
    return {
      sessionId: this.id,
      phase: this.#phase,
      connected: this.#link !== undefined,
      signed: this.#signed,
      mode: this.#port === undefined ? undefined : mode,
      clientVersion: this.#clientVersion,
      unacknowledged: this.#channel.unacknowledged,
      end: this.#end,
      violation: this.#end?.cause === 'violation' ? this.#end.detail : undefined,
      ...rest,
    }
  }

  /** ResumeSession: the token before it is dead. */
  renew(token: string): void {
    this.#token = token
  }

  behave(change: Partial<Behaviour>): void {
    this.#behaviour = {...this.#behaviour, ...change}
    if (change.seed !== undefined) this.#random = randomRow(change.seed)
    if (change.held === false && this.#end !== undefined) this.#sayFarewell(this.#end)
    this.#pump.run()
  }

  /** Takes over a WebSocket whose upgrade was accepted. Its first frame must be OpenDataChannel. */
  connect(webSocket: WebSocket, socket: Socket, signed: boolean): void {
    this.#signed = signed
    const link = new Link(webSocket, socket, {
      behaviour: () => this.#behaviour,
      random: () => this.#random(),
      mayCross: () => this.#cutAt === undefined || --this.#cutAt > 0,
      onText: (from, text) => this.#onText(from, text),
      onMessage: (from, message) => this.#onMessage(from, message),
      onPing: () => this.#counters.pings++,
      onDrain: () => this.#pump.run(),
      onClose: (from) => this.#onClose(from),
    })
    this.#links.add(link)
  }

  /** Resets every WebSocket now. */
  cut(): void {
    for (const link of this.#links) link.reset()
  }

  /** Resets the WebSocket in the place of the k-th binary message from now, counted both ways. */
  cutAt(k: number): void {
    this.#cutAt = k
  }

  hangUp(code: number, reason: string): void {
    for (const link of this.#links) link.finish(code, reason)
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
    this.#token = undefined
    clearTimeout(this.#handshakeTimer)
    clearInterval(this.#resendTimer)
    clearTimeout(this.#setupTimer)
    this.#over.abort()
    this.#pump.close()
    this.#port?.close()
    this.#options.log(`session ${this.id} ended (${cause})${detail && `: ${detail}`}`)
    this.#sayFarewell(end)
    this.#options.onEnd(end)
  }

  #sayFarewell({cause, detail}: SessionEnd): void {
    if (cause === 'hub-closed') return this.cut()
    for (const link of this.#links) {
      if (cause === 'violation') link.finish(1008, detail.slice(0, 120))
      else link.finish(1000, '', link === this.#link ? channelClosed(this.id, detail, this.#behaviour.nulPadding) : undefined)
    }
  }

  #onText(link: Link, text: string): void {
    if (this.#end !== undefined) return
    if (link === this.#link) return this.#violate('text frame behind OpenDataChannel')
    const {token, requestId, clientId, fault} = readOpenFrame(text)
    if (this.#token === undefined || token !== this.#token) {
      this.#counters.refusedOpens++
      this.#options.log(`session ${this.id}: OpenDataChannel with a wrong token`)
      return link.finish(1008, 'Invalid token')
    }
    this.#token = undefined
    if (fault !== undefined) this.#violate(fault)
    if (this.#requestIds.has(requestId)) this.#violate('OpenDataChannel with an old RequestId')
    if (clientId !== (this.#clientId ?? clientId)) this.#violate('OpenDataChannel with another ClientId')
    if (this.ended) return
    this.#requestIds.add(requestId)
    this.#clientId = clientId
    this.#admit(link)
  }

  #admit(link: Link): void {
    const before = this.#link
    this.#link = link
    this.#counters.opens++
    before?.finish(1000, 'replaced')
    if (this.#stalled) link.pause()
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
    this.#sendJson(PAYLOAD.handshakeRequest, handshakeRequest(grant))
  }

  #onHandshakeResponse(payload: Buffer): void {
    const {clientVersion, refusal, fault} = readHandshakeResponse(payload)
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
    const port = (this.#port = this.#newPort(clientVersion))
    const {setupMs} = this.#behaviour
    if (setupMs === 0) port.start()
    else this.#setupTimer = setTimeout(() => port.start(), setupMs)
  }

  #newPort(clientVersion: string): Port {
    const {mux, keepalive} = featuresOf(this.#options.grant.agentVersion, clientVersion)
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
    const {grant, dial} = this.#options
    const {signal} = this.#over
    try {
      const socket = await dial(grant.host, grant.port, signal)
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

  #onMessage(link: Link, bytes: Buffer): void {
    if (this.#end !== undefined) return
    if (link !== this.#link) return link.finish(1008, 'Data before OpenDataChannel')
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
    if (this.#phase === 'handshake' && message.payloadType === PAYLOAD.data) this.#violate('data before HandshakeComplete')
    if (!this.ended) this.#channel.receive(message)
  }

  /** In order, each once; false leaves it unacknowledged. */
  #deliver({payloadType, payload}: Incoming): boolean {
    if (payloadType === PAYLOAD.handshakeResponse) this.#onHandshakeResponse(payload)
    else if (this.#port === undefined) return true
    else if (!this.#port.ready) return false
    else if (payloadType === PAYLOAD.flag) this.#onFlag(payload)
    else if (payloadType === PAYLOAD.data) this.#onData(payload)
    return true
  }

  #onData(payload: Buffer): void {
    this.#counters.largestPayload = Math.max(this.#counters.largestPayload, payload.length)
    this.#port?.receive(payload)
  }

  #onFlag(payload: Buffer): void {
    const flag = payload.length === 4 ? payload.readUInt32BE() : 0
    if (flag === FLAG.disconnectToPort) return this.#port?.disconnect()
    const {grant} = this.#options
    if (flag !== FLAG.terminateSession || !featuresOf(grant.agentVersion, this.#clientVersion ?? '').terminateFlag) return
    process.nextTick(() => this.end('flag', ''))
  }

  #onStall(stalled: boolean): void {
    this.#stalled = stalled
    if (stalled) this.#link?.pause()
    else this.#link?.resume()
  }

  #onClose(link: Link): void {
    this.#links.delete(link)
    if (link !== this.#link) return
    this.#link = undefined
    if (this.#cutAt !== undefined && this.#cutAt <= 0) this.#cutAt = undefined
    if (this.#end === undefined) this.#options.log(`session ${this.id}: WebSocket lost`)
    this.#pump.run()
  }

  #mayFlow(): boolean {
    return this.#link !== undefined && this.#link.flows && !this.#paused && !this.#behaviour.held
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
