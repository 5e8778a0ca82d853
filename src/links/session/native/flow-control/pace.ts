/** Bytes that may go at once after a rest, so that small messages are never held up. */
const BURST = 8 * 1024
/** The pace waits for at least this long, not for single messages. */
const LEAST_WAIT_MS = 4

/** Holds a sender to so many bytes a second (a token bucket). */
export class Pace {
  readonly #bytesPerMs: number
  #credit = BURST
  #countedAt = 0

  constructor(bytesPerSecond: number | 'unlimited') {
    this.#bytesPerMs = bytesPerSecond === 'unlimited' ? Infinity : bytesPerSecond / 1000
  }

  /** Milliseconds until the next message may go; 0 is now. */
  wait(now: number): number {
    if (this.#bytesPerMs === Infinity) return 0
    // A clock that was set back earns nothing.
    const earned = Math.max(now - this.#countedAt, 0) * this.#bytesPerMs
    this.#credit = Math.min(this.#credit + earned, BURST)
    this.#countedAt = now
    return this.#credit > 0 ? 0 : Math.max(Math.ceil(-this.#credit / this.#bytesPerMs), LEAST_WAIT_MS)
  }

  spend(bytes: number): void {
    this.#credit -= bytes
  }
}
