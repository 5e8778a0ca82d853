import type {Clock} from '../../../core/ports/clock.js'

/** Sleeps; false when `signal` aborted first, and there is nothing left to do. */
export async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal)
    return !signal.aborted
  } catch {
    return false
  }
}
