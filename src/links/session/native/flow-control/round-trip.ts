const FIRST_GUESS_MS = 100
const LEAST_TIMEOUT_MS = 200
const MOST_TIMEOUT_MS = 1000

/** How long an acknowledgement takes, as TCP estimates it (RFC 6298). */
export class RoundTrip {
  #average = FIRST_GUESS_MS
  #deviation = 0

  sample(ms: number): void {
    this.#deviation += (Math.abs(this.#average - ms) - this.#deviation) / 4
    this.#average += (ms - this.#average) / 8
  }

  /** Milliseconds after which a message counts as late. */
  get timeoutMs(): number {
    const timeout = this.#average + Math.max(10, 4 * this.#deviation)
    return Math.min(Math.max(timeout, LEAST_TIMEOUT_MS), MOST_TIMEOUT_MS)
  }
}
