/**
 * Waits for `work` for at most `ms` milliseconds, or until `signal` aborts.
 * Rejects with `late()` or the signal's reason; `work` itself goes on unwatched.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  ms: number,
  late: () => Error,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted()
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
    onAbort = () => reject(signal?.reason as Error)
    signal?.addEventListener('abort', onAbort, {once: true})
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
    if (onAbort) signal?.removeEventListener('abort', onAbort)
  }
}
