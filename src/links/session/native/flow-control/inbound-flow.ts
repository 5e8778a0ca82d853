import type {Clock} from '../../../../core/ports/clock.js'
import {rest} from '../sleep-unless.js'

/** What a program may leave unread while nobody else wants anything; below what is kept in memory for it. */
const MOST_OF_ONE = 256 * 1024
/** What all programs together may leave unread: in memory, and on disk. */
const MOST_IN_MEMORY = 32 * 1024 * 1024
const MOST_ON_DISK = 1024 * 1024 * 1024
/** Acknowledgements that may wait for a slow line out. */
const MOST_BACKLOG = 512 * 1024
const LOOK_MS = 100

/** A local program as the receiver of bytes. */
export interface Reader {
  /** Bytes that it has not taken yet. */
  readonly waiting: number
  /** How many of them are on disk. */
  readonly onDisk: number
  /** Whether it has stopped taking any. */
  stalled(now: number): boolean
  /** Whether it is likely to wait for something from the network. */
  expects(now: number): boolean
  /** Drops what waits for it and all to come; once it reads on, it must see a reset behind the last byte. */
  cutOff(): void
  /** Ends its connection with a reset, now. */
  reset(): void
}

/** Whether to read from the network. */
export interface Gate {
  pause(): void
  resume(): void
  /** Bytes that wait to leave. */
  readonly backlog: number
}

/**
 * Bounds what is held for slow programs. The session has one sequence for all
 * its streams and no window for each, so to hold one up is to hold up all:
 * - as long as no other program wants anything, a slow one is simply waited for;
 * - when another does, the network is read on and the slow one's bytes are kept,
 *   most of them on disk;
 * - when too much is kept, all wait for the slow one, but one that has stopped
 *   reading altogether is cut off.
 */
export class InboundFlow {
  readonly readers = new Set<Reader>()
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #gate: Gate
  #paused = false
  #looking = false

  constructor(parts: {clock: Clock; signal: AbortSignal; gate: Gate}) {
    this.#clock = parts.clock
    this.#signal = parts.signal
    this.#gate = parts.gate
  }

  /** To be called when much has come, and whenever something changes while reading is held up. */
  review(): void {
    const now = this.#clock.now()
    const {full, slow, eager, fullest} = this.#survey(now)
    if (full && eager && fullest?.stalled(now)) {
      fullest.cutOff()
      return this.review()
    }
    this.#hold(full || (slow && !eager) || this.#gate.backlog > MOST_BACKLOG)
    if ((slow || this.#paused) && !this.#looking) void this.#lookAgain()
  }

  /** To be called when a program asks for something. */
  wake(): void {
    if (this.#paused) this.review()
  }

  /** To be called for whatever came in: its acknowledgement may wait for a slow line. */
  reviewBacklog(): void {
    if (!this.#paused && this.#gate.backlog > MOST_BACKLOG) this.review()
  }

  /** Whether a change of one reader's level is worth a review. */
  concerns(reader: Reader): boolean {
    return this.#looking || reader.waiting > MOST_OF_ONE
  }

  #survey(now: number): {full: boolean; slow: boolean; eager: boolean; fullest: Reader | undefined} {
    let inMemory = 0
    let onDisk = 0
    let slow = false
    let eager = false
    let fullest: Reader | undefined
    for (const reader of this.readers) {
      const {waiting} = reader
      inMemory += waiting - reader.onDisk
      onDisk += reader.onDisk
      if (waiting > MOST_OF_ONE) slow = true
      else if (reader.expects(now)) eager = true
      if (waiting > (fullest?.waiting ?? 0)) fullest = reader
    }
    return {full: inMemory > MOST_IN_MEMORY || onDisk > MOST_ON_DISK, slow, eager, fullest}
  }

  #hold(paused: boolean): void {
    if (paused === this.#paused) return
    this.#paused = paused
    if (paused) this.#gate.pause()
    else this.#gate.resume()
  }

  async #lookAgain(): Promise<void> {
    this.#looking = true
    const goOn = await rest(this.#clock, LOOK_MS, this.#signal)
    this.#looking = false
    if (goOn) this.review()
  }
}
