import type {Clock} from '../../src/core/ports/clock.js'

interface Sleeper {
  readonly due: number
  wake(): void
}

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  #now = 1_800_000_000_000
  #sleepers: Sleeper[] = []

  now(): number {
    return this.#now
  }

  /** How many sleep: 0 when nothing is left running. */
  get sleepers(): number {
    return this.#sleepers.length
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper)
        reject(signal?.reason as Error)
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const sleeper = {due: this.#now + ms, wake}
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', onAbort, {once: true})
    })
  }

  /** Lets time pass, waking each sleeper at its own time and letting what follows from it happen. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      await settle()
      const next = this.#sleepers.reduce<Sleeper | undefined>((a, b) => (a && a.due <= b.due ? a : b), undefined)
      if (!next || next.due > until) break
      this.#sleepers = this.#sleepers.filter((one) => one !== next)
      this.#now = Math.max(this.#now, next.due)
      next.wake()
    }
    this.#now = until
    await settle()
  }

  /** Time passes and nobody notices: the process is stopped, or the machine asleep. */
  skip(ms: number): void {
    this.#now += ms
  }
}

/** Everything that is ready to happen has happened. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}
