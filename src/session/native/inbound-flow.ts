import type {Clock} from '../../core/ports/clock.js'
import {rest} from './rest.js'

/** What a program may leave unread while nobody else wants anything. */
const MOST_OF_ONE = 1024 * 1024
/** What all programs together may leave unread. */
const MOST_OF_ALL = 16 * 1024 * 1024
/** Acknowledgements that may wait for a slow line out. */
const MOST_BACKLOG = 512 * 1024
const LOOK_MS = 100

/** A local program as the receiver of bytes. */
export interface Reader {
  /** Bytes that it has not taken yet. */
  readonly waiting: number
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
 * - when another does, the network is read on and the slow one's bytes are kept;
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
    const {total, slow, eager, fullest} = this.#survey(now)
    const full = total > MOST_OF_ALL
    if (full && eager && fullest?.stalled(now)) {
      fullest.cutOff()
      return this.review()
    }
    this.#hold(full || (slow && !eager) || this.#gate.backlog > MOST_BACKLOG)
    if ((slow || this.#paused) && !this.#looking) void this.#lookAgain()
  }

  /** To be called for whatever came in: its acknowledgement may wait for a slow line. */
  reviewBacklog(): void {
    if (!this.#paused && this.#gate.backlog > MOST_BACKLOG) this.review()
  }

  /** Whether a change of one reader's level is worth a review. */
  concerns(reader: Reader): boolean {
    return this.#looking || reader.waiting > MOST_OF_ONE
  }

  #survey(now: number): {total: number; slow: boolean; eager: boolean; fullest: Reader | undefined} {
    let total = 0
    let slow = false
    let eager = false
    let fullest: Reader | undefined
    for (const reader of this.readers) {
      const {waiting} = reader
      total += waiting
      if (waiting > MOST_OF_ONE) slow = true
      else if (reader.expects(now)) eager = true
      if (waiting > (fullest?.waiting ?? 0)) fullest = reader
    }
    return {total, slow, eager, fullest}
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
