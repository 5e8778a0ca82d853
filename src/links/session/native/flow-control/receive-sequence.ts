/** Messages kept that came before their turn; the real plugin keeps as many. */
const CAPACITY = 10_000
/** And their bytes: an agent's messages hold about 1 KiB, but a WebSocket's may hold thousands. */
const MOST_BYTES = 16 * 1024 * 1024

/** Puts messages back in order and lets each through once. */
export class ReceiveSequence<T> {
  readonly #deliver: (item: T) => void
  readonly #sizeOf: (item: T) => number
  readonly #keep: (item: T) => T
  readonly #early = new Map<number, T>()
  #earlyBytes = 0
  #next = 0

  /** `sizeOf` tells an item's bytes. `keep` makes of an item what may wait here without holding on to anything else. */
  constructor(deliver: (item: T) => void, sizeOf: (item: T) => number, keep: (item: T) => T = (item) => item) {
    this.#deliver = deliver
    this.#sizeOf = sizeOf
    this.#keep = keep
  }

  /**
   * Delivers the message when it is its turn, and those that waited for it.
   * True when it must be acknowledged: delivered, kept, or here once more
   * because its acknowledgement was lost. The count goes on with the delivery,
   * so a message whose acknowledgement fails is not delivered again.
   */
  accept(sequence: number, item: T): boolean {
    if (sequence < this.#next) return true
    if (sequence > this.#next) {
      if (this.#early.has(sequence)) return true
      const bytes = this.#earlyBytes + this.#sizeOf(item)
      if (this.#early.size >= CAPACITY || bytes > MOST_BYTES) return false
      this.#early.set(sequence, this.#keep(item))
      this.#earlyBytes = bytes
      return true
    }
    this.#pass(item)
    for (let waiting; (waiting = this.#early.get(this.#next)) !== undefined;) {
      this.#early.delete(this.#next)
      this.#earlyBytes -= this.#sizeOf(waiting)
      this.#pass(waiting)
    }
    return true
  }

  #pass(item: T): void {
    this.#next++
    this.#deliver(item)
  }
}
