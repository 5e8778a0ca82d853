export interface Limit {
  readonly ms: number
  /** What it is that took too long. */
  readonly late: () => Error
}

/**
 * Waits for `work` for at most `ms` milliseconds, or until `signal` aborts.
 * Rejects with `late()` or the signal's reason; `work` itself goes on unwatched.
 */
export function withDeadline<T>(work: Promise<T>, ms: number, late: () => Error, signal?: AbortSignal): Promise<T> {
  return withLimit({ms, late}, signal, (begin) => {
    begin()
    return work
  })
}

/**
 * Waits for `work` until `limit.ms` milliseconds have gone since it last called `begin`, or until `signal` aborts: for work
 * that may have to wait for its turn. Rejects with `limit.late()` or the signal's reason; `work` itself goes on unwatched.
 */
export async function withLimit<T>(
  {ms, late}: Limit,
  signal: AbortSignal | undefined,
  work: (begin: () => void) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  let onAbort: (() => void) | undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      onAbort = () => reject(signal?.reason as Error)
      signal?.addEventListener('abort', onAbort, {once: true})
      const begin = (): void => {
        clearTimeout(timer)
        if (!isOver) timer = setTimeout(() => reject(late()), ms)
      }
      work(begin).then(resolve, reject)
    })
  } finally {
    isOver = true
    clearTimeout(timer)
    if (onAbort) signal?.removeEventListener('abort', onAbort)
  }
}
