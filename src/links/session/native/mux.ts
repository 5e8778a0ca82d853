import type {Clock} from '../../../core/ports/clock.js'
import type {LocalSocket} from '../../../core/ports/network.js'
import type {OverflowPort} from '../../../core/ports/overflow.js'
import type {Forwarder} from './forwarder.js'
import type {InboundFlow} from './flow-control/inbound-flow.js'
import {LocalConnection} from './local-connection.js'
import {MuxStream} from './mux-stream.js'
import {rest} from './sleep-unless.js'
import {COMMAND, FrameReader, writeFrameHeader} from './protocol/smux.js'

const FIRST_STREAM = 3
const KEEPALIVE_MS = 10_000

/** Many connections over one channel. They take turns, one message each, so none waits behind another's upload. */
export class Mux implements Forwarder {
  readonly #clock: Clock
  readonly #overflow: OverflowPort
  readonly #signal: AbortSignal
  readonly #flow: InboundFlow
  readonly #pump: () => void
  readonly #streams = new Map<number, MuxStream>()
  readonly #turns: MuxStream[] = []
  /** Streams that carry nothing, and who waits for the agent to close them, too. */
  readonly #trials = new Map<number, (isMade: boolean) => void>()
  readonly #newTrials: number[] = []
  readonly #frames: FrameReader
  #nextStream = FIRST_STREAM
  #refusals = 0
  #keepaliveDue = false

  /** `pump` is called when there is something to send. */
  constructor(parts: {
    clock: Clock
    overflow: OverflowPort
    signal: AbortSignal
    flow: InboundFlow
    keepalive: boolean
    pump: () => void
  }) {
    this.#clock = parts.clock
    this.#overflow = parts.overflow
    this.#signal = parts.signal
    this.#flow = parts.flow
    this.#pump = parts.pump
    this.#frames = new FrameReader({
      // An agent opens no streams; one that did would get no answer, as in the real plugin.
      opened: () => {},
      pushed: (stream, bytes) => this.#streams.get(stream)?.receive(bytes),
      ended: (stream) => this.#remoteEnd(stream),
    })
    if (parts.keepalive) void this.#keepAlive()
  }

  get ready(): boolean {
    return this.#keepaliveDue || this.#newTrials.length > 0 || this.#turns.length > 0
  }

  connect(socket: LocalSocket): void {
    const local: LocalConnection = new LocalConnection(
      socket,
      {clock: this.#clock, overflow: this.#overflow},
      {
        readable: () => {
          this.#flow.wake()
          this.#enqueue(stream)
        },
        level: () => {
          if (this.#flow.concerns(local)) this.#flow.review()
        },
        gone: () => {
          if (local.closed) this.#flow.readers.delete(local)
          this.#enqueue(stream)
        },
      },
    )
    const stream = new MuxStream(this.#nextId(), local)
    this.#streams.set(stream.id, stream)
    this.#flow.readers.add(local)
    this.#enqueue(stream)
  }

  fill(payload: Buffer): number {
    if (this.#keepaliveDue) {
      this.#keepaliveDue = false
      return writeFrameHeader(payload, COMMAND.nop, 0)
    }
    const trial = this.#newTrials.shift()
    if (trial !== undefined) {
      const opened = writeFrameHeader(payload, COMMAND.open, trial)
      return opened + writeFrameHeader(payload.subarray(opened), COMMAND.end, trial)
    }
    const stream = this.#turns.shift()
    if (!stream) return 0
    stream.queued = false
    const length = stream.fill(payload)
    if (stream.ended) this.#streams.delete(stream.id)
    else if (stream.ready) this.#queue(stream)
    return length
  }

  receive(bytes: Buffer): void {
    this.#frames.read(bytes)
  }

  refused(): void {
    this.#refusals++
  }

  /** The agent closes a stream once it has dialled for it, and takes one at a time: one that hangs holds up the rest. */
  tryDial(): Promise<boolean> {
    const id = this.#nextId()
    const made = new Promise<boolean>((resolve) => this.#trials.set(id, resolve))
    this.#newTrials.push(id)
    this.#pump()
    return made
  }

  #nextId(): number {
    const id = this.#nextStream
    this.#nextStream += 2
    return id
  }

  /** The agent names no stream in a refusal; the end of the stream follows it (agent source 1c217c8). */
  #remoteEnd(id: number): void {
    const tried = this.#trials.get(id)
    if (tried) return this.#endTrial(id, tried)
    const stream = this.#streams.get(id)
    if (!stream) return
    if (stream.remoteEnd(this.#refusals > 0)) this.#refusals--
    this.#enqueue(stream)
  }

  #endTrial(id: number, tried: (isMade: boolean) => void): void {
    this.#trials.delete(id)
    const isMade = this.#refusals === 0
    if (!isMade) this.#refusals--
    tried(isMade)
  }

  #enqueue(stream: MuxStream): void {
    if (stream.ended || stream.queued || !stream.ready) return
    this.#queue(stream)
    this.#pump()
  }

  #queue(stream: MuxStream): void {
    stream.queued = true
    this.#turns.push(stream)
  }

  async #keepAlive(): Promise<void> {
    while (await rest(this.#clock, KEEPALIVE_MS, this.#signal)) {
      this.#keepaliveDue = true
      this.#pump()
    }
  }
}
