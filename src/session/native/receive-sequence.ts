/** Messages kept that came before their turn; the real plugin keeps as many. */
const CAPACITY = 10_000

/** Puts messages back in order and lets each through once. */
export class ReceiveSequence<T> {
  readonly #deliver: (item: T) => void
  readonly #early = new Map<number, T>()
  #next = 0

  constructor(deliver: (item: T) => void) {
    this.#deliver = deliver
  }

  /**
   * Delivers the message when it is its turn, and those that waited for it.
   * True when it is to be acknowledged: delivered, kept, or here once more
   * because its acknowledgement was lost. The count goes on with the delivery,
   * so a message whose acknowledgement fails is not delivered again.
   */
  accept(sequence: number, item: T): boolean {
    if (sequence < this.#next) return true
    if (sequence > this.#next) {
      if (!this.#early.has(sequence) && this.#early.size >= CAPACITY) return false
      this.#early.set(sequence, item)
      return true
    }
    this.#pass(item)
    for (let waiting; (waiting = this.#early.get(this.#next)) !== undefined;) {
      this.#early.delete(this.#next)
      this.#pass(waiting)
    }
    return true
  }

  #pass(item: T): void {
    this.#next++
    this.#deliver(item)
  }
}
