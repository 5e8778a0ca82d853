/** Of what may happen `most` times within `ms` milliseconds, and no more often. What may not is not made up for. */
export class RateWindow {
  readonly #most: number
  readonly #ms: number
  readonly #now: () => number
  #times: readonly number[] = []

  constructor(most: number, ms: number, now: () => number) {
    this.#most = most
    this.#ms = ms
    this.#now = now
  }

  /** How often it has happened within the last `ms` milliseconds. */
  get count(): number {
    return this.#recent(this.#now()).length
  }

  /** Milliseconds until it may happen once more; 0 where it may now. */
  get pauseMs(): number {
    const now = this.#now()
    const [first] = this.#recent(now)
    return first === undefined || this.#times.length < this.#most ? 0 : first + this.#ms - now
  }

  /** It happens now. */
  note(): void {
    const now = this.#now()
    this.#times = [...this.#recent(now), now]
  }

  #recent(now: number): readonly number[] {
    // One that is later than now was noted before the clock was set.
    return (this.#times = this.#times.filter((at) => now - at < this.#ms && at <= now))
  }
}
