import type {Behaviour} from './behaviour.js'

/** A message that waits for its neighbour goes on alone after this long. */
const NEIGHBOUR_MS = 20

interface Delayed {
  readonly message: Buffer
  readonly due: number
}

export interface LaneHandlers {
  readonly behaviour: () => Behaviour
  readonly random: () => number
  deliver(message: Buffer): void
  /** Messages that were delayed have been delivered. */
  onDrain?(): void
}

/** One direction of a link, with its faults: messages are dropped, doubled, exchanged and delayed on the way. */
export class Lane {
  readonly #handlers: LaneHandlers
  #queue: Delayed[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #exchanged: Buffer | undefined
  #neighbourTimer: NodeJS.Timeout | undefined
  #paused = false

  constructor(handlers: LaneHandlers) {
    this.#handlers = handlers
  }

  /** Delayed ones only. */
  get bytes(): number {
    return this.#bytes
  }

  push(message: Buffer): void {
    const {held, drop, duplicate, reorder} = this.#handlers.behaviour()
    if (held || this.#hits(drop)) return
    const twice = this.#hits(duplicate)
    if (this.#exchanged === undefined && this.#hits(reorder)) {
      this.#exchanged = message
      this.#neighbourTimer = setTimeout(() => this.#goOn(), NEIGHBOUR_MS)
    } else {
      this.#enqueue(message)
      this.#goOn()
    }
    if (twice) this.#enqueue(message)
  }

  /** Keeps what is delayed until `resume`. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#drain()
  }

  /** Delivers all that is delayed, at once. */
  flush(): void {
    this.#goOn()
    this.#deliverAll(this.#clear())
  }

  close(): void {
    this.#exchanged = undefined
    clearTimeout(this.#neighbourTimer)
    this.#clear()
  }

  #hits(chance: number): boolean {
    return chance > 0 && this.#handlers.random() < chance
  }

  #goOn(): void {
    if (this.#exchanged === undefined) return
    clearTimeout(this.#neighbourTimer)
    const message = this.#exchanged
    this.#exchanged = undefined
    this.#enqueue(message)
  }

  #enqueue(message: Buffer): void {
    const {delayMs} = this.#handlers.behaviour()
    if (delayMs === 0 && this.#queue.length === 0 && !this.#paused) return this.#handlers.deliver(message)
    this.#bytes += message.length
    this.#queue.push({message, due: performance.now() + delayMs})
    this.#arm()
  }

  #arm(): void {
    const first = this.#queue[0]
    if (this.#timer !== undefined || this.#paused || first === undefined) return
    this.#timer = setTimeout(() => this.#drain(), Math.max(first.due - performance.now(), 0))
  }

  #drain(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const now = performance.now()
    const waiting = this.#queue.findIndex(({due}) => due > now)
    this.#deliverAll(waiting === -1 ? this.#clear() : this.#queue.splice(0, waiting))
    this.#arm()
  }

  #deliverAll(messages: readonly Delayed[]): void {
    for (const {message} of messages) {
      this.#bytes -= message.length
      this.#handlers.deliver(message)
    }
    if (messages.length > 0) this.#handlers.onDrain?.()
  }

  #clear(): Delayed[] {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const all = this.#queue
    this.#queue = []
    return all
  }
}
