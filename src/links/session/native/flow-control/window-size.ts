const FIRST = 64
const LEAST = 32
const MOST = 1024
/** Acknowledgements that come this much later than the quickest ones have queued behind our own messages. */
const QUEUE_MS = 25
/** The quickest round trip is forgotten after twice this time, for the way may have changed. */
const FORGET_MS = 30_000

/**
 * How many messages may be under way. It grows while acknowledgements come
 * quickly and shrinks when they queue, so that an upload fills the line but a
 * small request behind it waits for a few milliseconds only.
 */
export class WindowSize {
  #limit = FIRST
  #quickest = Infinity
  #quickestOfLate = Infinity
  #forgetAt = 0
  /** Acknowledgements to come before it shrinks again: those of messages sent before the last time. */
  #unchanged = 0

  get limit(): number {
    return this.#limit
  }

  /** Takes in one round trip, measured while `underWay` messages were. */
  sample(ms: number, underWay: number, now: number): void {
    if (now >= this.#forgetAt) {
      this.#forgetAt = now + FORGET_MS
      this.#quickest = this.#quickestOfLate
      this.#quickestOfLate = Infinity
    }
    this.#quickestOfLate = Math.min(this.#quickestOfLate, ms)
    this.#quickest = Math.min(this.#quickest, ms)
    this.#unchanged--
    if (ms <= this.#quickest * 1.25 + QUEUE_MS) {
      if (underWay * 2 > this.#limit) this.#limit = Math.min(this.#limit + 1, MOST)
    } else if (this.#unchanged <= 0) {
      this.#limit = Math.max(Math.floor(this.#limit * 0.75), LEAST)
      this.#unchanged = this.#limit
    }
  }
}
