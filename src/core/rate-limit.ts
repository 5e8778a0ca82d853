import type {Clock} from './ports/clock.js'

/** Lets callers go one by one, `everyMs` apart, in the order in which they came. */
export interface RateLimit {
  /** Resolves when it is this caller's turn; rejects with the signal's reason. A turn that was given up is not made up for. */
  next(signal?: AbortSignal): Promise<void>
}

export function rateLimit(everyMs: number, clock: Clock): RateLimit {
  let free = -Infinity
  return {
    async next(signal) {
      const now = clock.now()
      const at = Math.max(free, now)
      free = at + everyMs
      if (at > now) await clock.sleep(at - now, signal)
    },
  }
}
