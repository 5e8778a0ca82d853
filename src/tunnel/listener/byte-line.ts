import type {Duplex} from 'node:stream'
import type {Clock} from '../../core/ports/clock.js'
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
  let bytes: Buffer = Buffer.alloc(0)
  let waitedMs = 0
  let hasBegun = false
  return {
    async read(count) {
      while (bytes.length < count) {
        // Everything that is there: a stream that keeps a part calls at once again, and never lets time pass.
        const more = stream.read() as Buffer | null
        if (more) {
          bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more])
          hasBegun = true
        } else if (stream.destroyed || stream.readableEnded) throw limits.ended()
        else {
          const from = clock.now()
          const leftMs = (hasBegun ? allMs : Math.min(firstMs, allMs)) - waitedMs
          if (leftMs <= 0 || (await change(stream, leftMs, clock)) === 'late') throw limits.late()
          waitedMs += Math.max(0, clock.now() - from)
        }
      }
      const taken = bytes.subarray(0, count)
      bytes = bytes.subarray(count)
      return taken
    },
    get unread() {
      return bytes.length + stream.readableLength
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
      if (bytes.length > 0) stream.unshift(bytes)
      bytes = Buffer.alloc(0)
      return stream
    },
  }
}

/** Whether something has happened to the stream within so many milliseconds. */
async function change(stream: Duplex, ms: number, clock: Pick<Clock, 'sleep'>): Promise<'changed' | 'late'> {
  const over = new AbortController()
  const events = ['readable', 'end', 'close', 'error'] as const
  let told = (): void => {}
  const changed = new Promise<'changed'>((resolve) => (told = () => resolve('changed')))
  for (const event of events) stream.on(event, told)
  const late = clock.sleep(ms, over.signal).then(
    () => 'late' as const,
    () => 'changed' as const,
  )
  try {
    return await Promise.race([changed, late])
  } finally {
    over.abort()
    for (const event of events) stream.off(event, told)
  }
}
