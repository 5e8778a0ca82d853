import type {Clock} from '../../../core/ports/clock.js'
import type {LocalSocket} from '../../../core/ports/network.js'
import type {OverflowPort} from '../../../core/ports/overflow.js'
import {ByteQueue} from './flow-control/byte-queue.js'
import type {Reader} from './flow-control/inbound-flow.js'
import {InboundQueue} from './flow-control/inbound-queue.js'
import {rest} from './sleep-unless.js'

/** Bytes taken from a local program before it has to wait for the network. */
const MOST_PENDING = 128 * 1024
/** A program that got something this long ago may still be waiting for more. */
const RECENT_MS = 10_000
const FEEL_MS = 15_000
/** A program that takes nothing for this long has stopped; a slow one, for twice as long as it took the last time. */
const PATIENCE_MS = 2000
/** For a program that was cut off to read what it had been given; a reset would take it away. */
const LAST_READ_MS = 1000
const NOTHING = Buffer.alloc(0)

export interface LocalEvents {
  /** New bytes for the network, or the end of them. */
  readable(): void
  /** How much waits for the program has changed. */
  level(): void
  /** Nothing can be handed to the program any more; what it has sent is still to be read. */
  gone(): void
}

/**
 * One local program's connection: what it has sent and the network has not
 * taken yet, and what has come for it and it has not taken yet.
 */
export class LocalConnection implements Reader {
  readonly #socket: LocalSocket
  readonly #clock: Clock
  readonly #events: LocalEvents
  readonly #outbound = new ByteQueue()
  readonly #inbound: InboundQueue
  readonly #closing = new AbortController()
  #ended = false
  #cutOff = false
  /** The network's side is over: what the program still sends goes nowhere. */
  #finished = false
  #flushing = false
  #asked = true
  #receivedAt = 0
  #tookAt: number
  #stepMs = 0

  constructor(socket: LocalSocket, {clock, overflow}: {clock: Clock; overflow: OverflowPort}, events: LocalEvents) {
    this.#inbound = new InboundQueue(overflow)
    this.#socket = socket
    this.#clock = clock
    this.#events = events
    this.#tookAt = clock.now()
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => {
      this.#ended = true
      events.readable()
      void this.#feel()
    })
    socket.on('drain', () => {
      this.#stepMs = clock.now() - this.#tookAt
      this.#tookAt = clock.now()
      if (this.#cutOff) void this.#resetAtLast()
      else this.#flush()
    })
    socket.on('error', () => {
      // 'close' follows and says all that matters.
    })
    socket.on('close', () => {
      this.#closing.abort()
      this.#inbound.clear()
      events.gone()
    })
  }

  /** Bytes for the network. */
  get pending(): number {
    return this.#outbound.length
  }

  /** The program will send nothing more; it may still want to hear. */
  get ended(): boolean {
    return this.#ended || this.gone
  }

  /** Nothing can be handed to the program any more. */
  get gone(): boolean {
    return this.#cutOff || this.closed
  }

  /** The connection exists no more. */
  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  get waiting(): number {
    return this.gone ? 0 : this.#inbound.length + this.#socket.writableLength
  }

  get onDisk(): number {
    return this.#inbound.onDisk
  }

  stalled(now: number): boolean {
    return now - this.#tookAt >= Math.max(PATIENCE_MS, 2 * this.#stepMs)
  }

  expects(now: number): boolean {
    return !this.gone && !this.#finished && (this.#asked || now - this.#receivedAt < RECENT_MS)
  }

  /** Moves bytes for the network into `target`; returns how many. */
  read(target: Buffer): number {
    const length = this.#outbound.read(target)
    if (this.#outbound.length < MOST_PENDING / 2 && this.#socket.isPaused()) this.#socket.resume()
    return length
  }

  /** Hands bytes from the network to the program. */
  write(bytes: Buffer): void {
    if (this.gone || this.#finished) return
    this.#asked = false
    this.#receivedAt = this.#clock.now()
    if (this.waiting === 0) this.#tookAt = this.#receivedAt
    this.#inbound.push(bytes)
    this.#flushSoon()
  }

  /** The network's side has ended: the program gets all that came before, then the end. */
  finish(): void {
    this.#finished = true
    this.#socket.resume()
    this.#flushSoon()
  }

  cutOff(): void {
    this.#cutOff = true
    this.#inbound.clear()
    this.#events.gone()
    if (!this.#socket.writableNeedDrain) void this.#resetAtLast()
  }

  reset(): void {
    this.#socket.resetAndDestroy()
  }

  async #resetAtLast(): Promise<void> {
    if (await rest(this.#clock, LAST_READ_MS, this.#closing.signal)) this.reset()
  }

  #take(chunk: Buffer): void {
    if (this.#finished || this.#cutOff) return
    this.#asked = true
    this.#outbound.push(chunk)
    if (this.#outbound.length >= MOST_PENDING) this.#socket.pause()
    this.#events.readable()
  }

  /** All that one look at the network brings goes to the program in one write. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    process.nextTick(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  /** Hands over in pieces, so that it shows whether the program takes them. */
  #flush(): void {
    if (this.gone) return
    while (this.#inbound.length > 0 && !this.#socket.writableNeedDrain) {
      const bytes = this.#next()
      if (!bytes) return
      this.#socket.write(bytes)
    }
    if (this.#finished && this.#inbound.length === 0 && !this.#socket.writableEnded) this.#socket.end()
    this.#events.level()
  }

  #next(): Buffer | undefined {
    try {
      return this.#inbound.shift()
    } catch {
      // The disk has lost what it was given: a stream with a hole in it is worse than none.
      this.reset()
      return undefined
    }
  }

  /**
   * A program that closed its connection looks like one that only has nothing
   * more to say, until its kernel forgets it and refuses the keepalives of
   * ours (a minute). Node learns of that when it writes.
   */
  async #feel(): Promise<void> {
    while (await rest(this.#clock, FEEL_MS, this.#closing.signal)) {
      if (this.#socket.writable) this.#socket.write(NOTHING)
    }
  }
}
