import type {Clock} from '../../core/ports/clock.js'
import {RateWindow} from '../../core/rate-window.js'

/** Logins under way at a time, and begun within a second: what IAM and a small database bear. */
const MOST_UNDER_WAY = 32
const MOST_A_SECOND = 50
const SECOND_MS = 1000
/** So long one waits for its turn. */
const PATIENCE_MS = 60_000

/** Lets logins go one after another where they are many, in the order in which they came. */
export class LoginTurns {
  readonly #clock: Clock
  readonly #waiting: (() => void)[] = []
  #underWay = 0
  readonly #begun: RateWindow

  constructor(clock: Clock) {
    this.#clock = clock
    this.#begun = new RateWindow(MOST_A_SECOND, SECOND_MS, () => clock.now())
  }

  /** Resolves when it is this one's turn, to what ends it; to undefined when it has waited for too long. */
  async next(): Promise<(() => void) | undefined> {
    const until = this.#clock.now() + PATIENCE_MS
    if (this.#underWay >= MOST_UNDER_WAY && !(await this.#wait())) return undefined
    // The place is taken over from the one that has ended, or is a new one.
    this.#underWay++
    for (let pauseMs; (pauseMs = this.#begun.pauseMs) > 0;) {
      if (this.#clock.now() + pauseMs > until) {
        this.#end()
        return undefined
      }
      await this.#clock.sleep(pauseMs)
    }
    this.#begun.note()
    let isOver = false
    return () => {
      if (!isOver) this.#end()
      isOver = true
    }
  }

  async #wait(): Promise<boolean> {
    const over = new AbortController()
    let call = (): void => {}
    const called = new Promise<boolean>((resolve) => (call = () => resolve(true)))
    this.#waiting.push(call)
    const late = this.#clock.sleep(PATIENCE_MS, over.signal).then(
      () => false,
      () => true,
    )
    const isCalled = await Promise.race([called, late])
    over.abort()
    const index = this.#waiting.indexOf(call)
    if (index >= 0) this.#waiting.splice(index, 1)
    return isCalled
  }

  #end(): void {
    this.#underWay--
    this.#waiting.shift()?.()
  }
}
