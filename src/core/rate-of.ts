/**
 * Whether something may happen once more: at most `most` times within `ms` milliseconds. What may not is not made up for. By a
 * clock that nobody sets.
 */
export function rateOf(most: number, ms: number, now: () => number = () => performance.now()): () => boolean {
  let times: readonly number[] = []
  return () => {
    const at = now()
    times = times.filter((time) => at - time < ms)
    if (times.length >= most) return false
    times = [...times, at]
    return true
  }
}
