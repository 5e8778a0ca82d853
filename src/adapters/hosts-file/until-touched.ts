import {type FSWatcher, watch} from 'node:fs'
import {hasErrno} from '../errno.js'

/** How long to wait where the system has no watches left. */
const UNWATCHED_MS = 20

/** Waits until something happens to the file, such as its removal; at most `ms`, or until the signal aborts. */
export async function untilTouched(path: string, ms: number, signal: AbortSignal | undefined): Promise<void> {
  let watcher: FSWatcher | undefined
  let timer: NodeJS.Timeout | undefined
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  try {
    watcher = watch(path, end).on('error', end)
    timer = setTimeout(end, ms)
  } catch (error) {
    // Gone already; or there are no watches left to be had.
    timer = setTimeout(end, hasErrno(error, 'ENOENT') ? 0 : UNWATCHED_MS)
  }
  signal?.addEventListener('abort', end, {once: true})
  await ended
  signal?.removeEventListener('abort', end)
  clearTimeout(timer)
  watcher?.close()
}
