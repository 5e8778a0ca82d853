import type {Clock} from '../../../core/ports/clock.js'
import {rest} from './sleep-unless.js'

/** Work that stops when its signal aborts. */
export type Attempt = (signal: AbortSignal) => Promise<void>

/** Runs `work` for at most `ms` milliseconds, or until `signal` aborts; then its own signal aborts, and it counts as failed. */
export async function attempt(work: Attempt, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const limit = new AbortController()
  const done = new AbortController()
  const stop = (): void => limit.abort(signal.reason)
  signal.addEventListener('abort', stop, {once: true})
  void rest(clock, ms, done.signal).then((late) => {
    if (late) limit.abort(new Error(`no answer within ${ms / 1000} s`))
  })
  const aborted = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error), {once: true})
  })
  try {
    await Promise.race([work(limit.signal), aborted])
  } finally {
    done.abort()
    signal.removeEventListener('abort', stop)
  }
}
