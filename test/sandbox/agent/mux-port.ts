import {FLAG} from './agent-message.js'
import type {Port, PortHost} from './port.js'
import {Ledger, Remote} from './remote.js'
import {COMMAND, FRAME_LIMIT, frameHeader, FrameReader} from './smux.js'

interface Stream {
  readonly id: number
  /** Bytes that came before the dial was done. */
  readonly waiting: Buffer[]
  finished: boolean
  remote?: Remote
}

/** The multiplexer's server side: streams are accepted and dialled one at a time. */
export class MuxPort implements Port {
  readonly #host: PortHost
  readonly #keepalive: boolean
  readonly #ledger: Ledger
  readonly #streams = new Map<number, Stream>()
  readonly #accepting: Stream[] = []
  readonly #timers: NodeJS.Timeout[] = []
  readonly #reader = new FrameReader({
    onFrame: (command, stream, length) => this.#onFrame(command, stream, length),
    onData: (stream, piece) => this.#onData(stream, piece),
  })
  #latest = 1
  #dialling = false
  #paused = false
  #heard = false
  #closed = false
  ready = false

  constructor(host: PortHost, keepalive: boolean) {
    this.#host = host
    this.#keepalive = keepalive
    this.#ledger = new Ledger((stalled) => host.onStall(stalled))
  }

  start(): void {
    this.ready = true
    if (!this.#keepalive) return
    const {keepaliveMs, silenceMs} = this.#host.timing
    this.#timers.push(
      setInterval(() => this.#host.output(frameHeader(COMMAND.keepalive, 0)), keepaliveMs),
      setInterval(() => this.#listen(), silenceMs),
    )
  }

  receive(payload: Buffer): void {
    const error = this.#reader.push(payload)
    if (error !== undefined) this.#host.end('violation', error)
  }

  /** Means nothing here. */
  disconnect(): void {}

  pause(): void {
    this.#paused = true
    for (const {remote} of this.#streams.values()) remote?.pause()
  }

  resume(): void {
    this.#paused = false
    for (const {remote} of this.#streams.values()) remote?.resume()
  }

  close(): void {
    this.#closed = true
    this.#timers.forEach((timer) => clearInterval(timer))
    for (const {remote} of this.#streams.values()) remote?.destroy()
    this.#streams.clear()
  }

  /** Closes the session after a whole interval without a frame, unless the silence is the database's fault. */
  #listen(): void {
    if (!this.#heard && !this.#ledger.stalled) this.#host.end('silence', '')
    this.#heard = false
  }

  #onFrame(command: number, id: number, length: number): string | undefined {
    this.#heard = true
    if (command !== COMMAND.data && length > 0) return `smux command ${command} with a body`
    if (command === COMMAND.keepalive) this.#host.counters.nops++
    else if (command === COMMAND.open) this.#accept(id)
    else if (id > this.#latest) this.#host.onFault(`frame for stream ${id}, which was never opened`)
    else if (command === COMMAND.finish) this.#finish(this.#streams.get(id))
    else if (length > FRAME_LIMIT) this.#host.onFault(`frame of ${length} bytes`)
    else if (this.#streams.get(id)?.finished) this.#host.onFault(`data on stream ${id} behind its end`)
    return undefined
  }

  #accept(id: number): void {
    if (id <= this.#latest || id % 2 === 0) return this.#host.onFault(`stream ${id} opened after ${this.#latest}`)
    this.#latest = id
    const stream: Stream = {id, waiting: [], finished: false}
    this.#streams.set(id, stream)
    this.#accepting.push(stream)
    if (!this.#dialling) void this.#dialAll()
  }

  #finish(stream: Stream | undefined): void {
    if (stream === undefined) return
    stream.finished = true
    stream.remote?.finish()
  }

  #onData(id: number, piece: Buffer): void {
    const stream = this.#streams.get(id)
    if (stream === undefined || stream.finished) return
    if (stream.remote === undefined) stream.waiting.push(piece)
    else stream.remote.write(piece)
    this.#ledger.add(piece.length)
  }

  async #dialAll(): Promise<void> {
    this.#dialling = true
    for (let stream = this.#accepting.shift(); stream !== undefined; stream = this.#accepting.shift()) {
      await this.#dial(stream)
      if (this.#closed) return
    }
    this.#dialling = false
  }

  async #dial(stream: Stream): Promise<void> {
    try {
      const socket = await this.#host.dial()
      stream.remote = new Remote(socket, this.#ledger, this.#host.counters, {
        onData: (bytes) => this.#send(stream.id, bytes),
        onEnd: () => this.#drop(stream),
      })
    } catch {
      if (this.#closed) return
      this.#host.sendFlag(FLAG.connectToPortError)
      return this.#drop(stream)
    }
    if (this.#paused) stream.remote.pause()
    for (const bytes of stream.waiting.splice(0)) stream.remote.write(bytes)
    if (stream.finished) stream.remote.finish()
  }

  #send(id: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += FRAME_LIMIT) {
      const body = bytes.subarray(at, at + FRAME_LIMIT)
      this.#host.output(frameHeader(COMMAND.data, id, body.length), body)
    }
  }

  #drop(stream: Stream): void {
    if (!this.#streams.delete(stream.id)) return
    for (const bytes of stream.waiting.splice(0)) this.#ledger.add(-bytes.length)
    this.#host.output(frameHeader(COMMAND.finish, stream.id))
  }
}
