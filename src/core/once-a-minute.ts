import type {Clock} from './ports/clock.js'

const MINUTE_MS = 60_000

/** Of what others can make happen without end, one line a minute is enough. */
export class OnceAMinute {
  readonly #clock: Pick<Clock, 'now'>
  #count = 0
  #toldAt = -Infinity

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Calls `write` with how often this has happened since the last line; not at all within a minute of that line. */
  tell(write: (count: number) => void): void {
    this.#count++
    const now = this.#clock.now()
    if (Math.abs(now - this.#toldAt) < MINUTE_MS) return
    this.#toldAt = now
    write(this.#count)
    this.#count = 0
  }
}
