import {randomUUID} from 'node:crypto'
import {EventEmitter, once} from 'node:events'
import {WebSocket} from 'ws'
import {
  decodeMessage,
  encodeMessage,
  flagPayload,
  type Incoming,
  messageId,
  type Outgoing,
  PAYLOAD,
} from './agent-message.js'
import {COMMAND, FRAME_LIMIT, frameHeader, FrameReader} from './smux.js'

export interface ClientOptions {
  readonly version?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly payloadLimit?: number
  /** Changes a message before it goes out, to be wrong on purpose. */
  readonly spoil?: (message: Outgoing, bytes: Buffer) => Buffer
}

/** One connection through the channel. */
export class ClientStream extends EventEmitter {
  readonly id: number
  readonly #client: MinimalClient
  #received: Buffer[] = []
  #count = 0
  ended = false

  constructor(client: MinimalClient, id: number) {
    super()
    this.#client = client
    this.id = id
  }

  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += FRAME_LIMIT) {
      const body = bytes.subarray(at, at + FRAME_LIMIT)
      this.#client.sendBytes(Buffer.concat([frameHeader(COMMAND.data, this.id, body.length), body]))
    }
  }

  end(): void {
    this.#client.sendBytes(frameHeader(COMMAND.finish, this.id))
  }

  push(bytes: Buffer): void {
    this.#received.push(bytes)
    this.#count += bytes.length
    this.emit('progress')
  }

  finish(): void {
    this.ended = true
    this.emit('progress')
  }

  /** So many bytes, as soon as they are there; fewer when the stream ends before. */
  async read(length: number): Promise<Buffer> {
    while (this.#count < length && !this.ended) await once(this, 'progress')
    const all = Buffer.concat(this.#received)
    this.#received = [all.subarray(length)]
    this.#count = Math.max(this.#count - length, 0)
    return all.subarray(0, length)
  }
}

/** As little of a client as the agent's side needs to be tested: no windows, no fairness, no reconnecting by itself. */
export class MinimalClient extends EventEmitter {
  readonly clientId = randomUUID()
  readonly streamUrl: string
  readonly messages: Incoming[] = []
  readonly controls: string[] = []
  readonly flags: number[] = []
  readonly streams = new Map<number, ClientStream>()
  /** channel_closed's Output, once it came. */
  output: string | undefined
  closed: {readonly code: number; readonly reason: string} | undefined
  nops = 0
  readonly largest = {payload: 0, frame: 0}
  raw: Buffer[] = []
  acknowledging = true
  readonly #options: ClientOptions
  readonly #kept = new Map<number, Buffer>()
  readonly #early = new Map<number, Incoming>()
  readonly #reader = new FrameReader({
    onFrame: (command, stream, length) => this.#onFrame(command, stream, length),
    onData: (stream, piece) => this.streams.get(stream)?.push(piece),
  })
  readonly #timer = setInterval(() => this.#resendOldest(), 20)
  #webSocket: WebSocket | undefined
  #expected = 0
  #next = 0
  #nextStream = 3
  #mode: 'mux' | 'basic' = 'mux'

  constructor(streamUrl: string, options: ClientOptions = {}) {
    super()
    this.streamUrl = streamUrl
    this.#options = options
  }

  /** Upgrades and sends OpenDataChannel; again for a resume. Rejects when the upgrade is refused. */
  async connect(token: string, frame: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const webSocket = new WebSocket(this.streamUrl, {perMessageDeflate: false, headers: {...this.#options.headers}})
    this.closed = undefined
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) this.#onMessage(decodeMessage(data as Buffer))
    })
    await once(webSocket, 'open')
    webSocket.on('error', () => {})
    webSocket.on('close', (code, reason) => {
      if (webSocket !== this.#webSocket) return
      this.closed = {code, reason: reason.toString()}
      this.emit('progress')
    })
    this.#webSocket = webSocket
    const {version: ClientVersion = '1.2.677.0'} = this.#options
    const open = {
      MessageSchemaVersion: '1.0',
      RequestId: randomUUID(),
      TokenValue: token,
      ClientId: this.clientId,
      ClientVersion,
    }
    webSocket.send(JSON.stringify({...open, ...frame}))
    for (const bytes of this.#kept.values()) this.transmit(bytes)
  }

  /** Connects and waits for HandshakeComplete. */
  async open(token: string): Promise<this> {
    await this.connect(token)
    await this.until(() => this.messages.some(({payloadType}) => payloadType === PAYLOAD.handshakeComplete))
    return this
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this, 'progress')
  }

  useBasicMode(): void {
    this.#mode = 'basic'
  }

  openStream(): ClientStream {
    const stream = new ClientStream(this, this.#nextStream)
    this.#nextStream += 2
    this.streams.set(stream.id, stream)
    this.sendBytes(frameHeader(COMMAND.open, stream.id))
    return stream
  }

  sendBytes(bytes: Buffer): void {
    const {payloadLimit = 1_024} = this.#options
    for (let at = 0; at < bytes.length; at += payloadLimit)
      this.send(PAYLOAD.data, bytes.subarray(at, at + payloadLimit))
  }

  sendFlag(flag: number): void {
    this.send(PAYLOAD.flag, flagPayload(flag))
  }

  send(payloadType: number, payload: Buffer, change: Partial<Outgoing> = {}): void {
    const sequence = this.#next++
    const bytes = this.#encode({type: 'input_stream_data', sequence, flags: 0, payloadType, payload, ...change})
    this.#kept.set(sequence, bytes)
    this.transmit(bytes)
  }

  /** As it is, unkept. */
  transmit(bytes: Buffer | string): void {
    if (this.#webSocket?.readyState === WebSocket.OPEN) this.#webSocket.send(bytes)
  }

  pauseReading(): void {
    this.#webSocket?.pause()
  }

  resumeReading(): void {
    this.#webSocket?.resume()
  }

  ping(): void {
    this.#webSocket?.once('pong', () => this.emit('pong'))
    this.#webSocket?.ping('keepalive')
  }

  get unacknowledged(): number {
    return this.#kept.size
  }

  close(): void {
    clearInterval(this.#timer)
    this.#webSocket?.terminate()
  }

  #resendOldest(): void {
    const [oldest] = this.#kept.values()
    if (oldest !== undefined) this.transmit(oldest)
  }

  #encode(message: Outgoing): Buffer {
    const bytes = encodeMessage(message)
    return this.#options.spoil?.(message, bytes) ?? bytes
  }

  #onMessage(message: Incoming): void {
    if (message.type === 'output_stream_data') this.#onStreamMessage(message)
    else if (message.type === 'acknowledge') this.#kept.delete(sequenceOf(message.payload))
    else if (message.type === 'channel_closed') this.output = outputOf(message.payload)
    else this.controls.push(message.type)
    this.emit('progress')
  }

  #onStreamMessage(message: Incoming): void {
    if (!this.acknowledging) return
    this.#acknowledge(message)
    if (message.sequence >= this.#expected) this.#early.set(message.sequence, message)
    for (let next = this.#early.get(this.#expected); next !== undefined; next = this.#early.get(this.#expected)) {
      this.#early.delete(this.#expected++)
      this.#take(next)
    }
  }

  #take(message: Incoming): void {
    const {payloadType, payload} = message
    if (payloadType === PAYLOAD.flag) this.flags.push(payload.readUInt32BE())
    if (payloadType === PAYLOAD.data) this.largest.payload = Math.max(this.largest.payload, payload.length)
    if (payloadType !== PAYLOAD.data) this.messages.push(message)
    else if (this.#mode === 'basic') this.raw.push(payload)
    else this.#reader.push(payload)
    if (payloadType === PAYLOAD.handshakeRequest) this.#answer()
  }

  #answer(): void {
    const {version = '1.2.677.0'} = this.#options
    const action = {ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: ''}
    const response = {ClientVersion: version, ProcessedClientActions: [action], Errors: null}
    this.send(PAYLOAD.handshakeResponse, Buffer.from(JSON.stringify(response)))
  }

  #acknowledge(message: Incoming): void {
    const content = {
      AcknowledgedMessageType: message.type,
      AcknowledgedMessageId: messageId(message.bytes),
      AcknowledgedMessageSequenceNumber: message.sequence,
      IsSequentialMessage: true,
    }
    const payload = Buffer.from(JSON.stringify(content))
    this.transmit(this.#encode({type: 'acknowledge', sequence: 0, flags: 3, payloadType: 0, payload}))
  }

  #onFrame(command: number, id: number, length: number): undefined {
    this.largest.frame = Math.max(this.largest.frame, length)
    if (command === COMMAND.keepalive) this.nops++
    if (command === COMMAND.finish) this.streams.get(id)?.finish()
  }
}

function sequenceOf(payload: Buffer): number {
  return (JSON.parse(payload.toString()) as {AcknowledgedMessageSequenceNumber: number})
    .AcknowledgedMessageSequenceNumber
}

function outputOf(payload: Buffer): string {
  return (JSON.parse(payload.toString()) as {Output: string}).Output
}
