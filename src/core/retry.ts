import type {Clock} from './ports/clock.js'

export interface Backoff {
  /** How often to try in all. */
  readonly attempts: number
  /** Delay before the second attempt in milliseconds; doubles from there. */
  readonly baseMs: number
  readonly capMs: number
}

/** Delay before attempt `attempt` (2, 3, …) with full jitter: anywhere in [0, min(cap, base·2^(attempt-2))]. */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** (attempt - 2))
}

/** Runs `work` until it succeeds, an error is not `retryable`, or the attempts are used up. */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  backoff: Backoff,
  retryable: (error: unknown) => boolean,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt >= backoff.attempts || !retryable(error) || signal?.aborted) throw error
    }
    await clock.sleep(backoffDelay(backoff, attempt + 1), signal)
  }
}
