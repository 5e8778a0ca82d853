import type {Duplex} from 'node:stream'
import type {Clock} from '../../core/ports/clock.js'
import {nextChange, UnreadBytes} from '../../core/unread-bytes.js'
import type {ByteLine} from '../../databases/auto-login.js'

/** How long a line may keep its reader waiting, and with what reading ends then. */
export interface LineLimits {
  /** Until the first byte, in milliseconds. */
  readonly firstMs?: number
  /** All waiting together, in milliseconds. */
  readonly allMs: number
  late(): Error
  ended(): Error
}

/** A stream that is read piece by piece, until `release`. */
export interface StreamLine extends ByteLine {
  /** Reading has ended: what was not read is in the stream again, which is the caller's. */
  release(): Duplex
}

export function lineOf(stream: Duplex, limits: LineLimits, clock: Pick<Clock, 'now' | 'sleep'>): StreamLine {
  const {firstMs = Infinity, allMs} = limits
  const unread = new UnreadBytes(stream)
  let waitedMs = 0
  const wait = async (): Promise<void> => {
    const from = clock.now()
    const leftMs = (unread.hasBegun ? allMs : Math.min(firstMs, allMs)) - waitedMs
    if (leftMs <= 0 || (await change(stream, leftMs, clock)) === 'late') throw limits.late()
    waitedMs += Math.max(0, clock.now() - from)
  }
  return {
    read: (count) => unread.take(count, wait, () => limits.ended()),
    get unread() {
      return unread.length
    },
    write: (more) => void stream.write(more),
    end(lastWords) {
      if (stream.destroyed) return
      // What lies unread would turn the end into a reset, and take the last words away.
      stream.resume()
      if (lastWords) stream.end(lastWords, () => stream.destroy())
      else stream.end(() => stream.destroy())
    },
    release() {
      unread.giveBack()
      return stream
    },
  }
}

/** Whether something has happened to the stream within so many milliseconds. */
async function change(stream: Duplex, ms: number, clock: Pick<Clock, 'sleep'>): Promise<'changed' | 'late'> {
  const over = new AbortController()
  const {happened, stop} = nextChange(stream)
  const late = clock.sleep(ms, over.signal).then(
    () => 'late' as const,
    () => 'changed' as const,
  )
  try {
    return await Promise.race([happened.then(() => 'changed' as const), late])
  } finally {
    over.abort()
    stop()
  }
}
