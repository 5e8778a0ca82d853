import type {Duplex} from 'node:stream'
import type {Clock} from '../../core/ports/clock.js'
import type {LocalSocket} from '../../core/ports/network.js'

/** One side has ended and the other goes on: so long, then it is over. */
const HALF_OPEN_MS = 60_000

/**
 * Makes one connection of a program and its database: bytes both ways, no faster than they are taken, and each side's end
 * passed on. Resolves when both are closed.
 */
export async function join(program: LocalSocket, database: Duplex, clock: Pick<Clock, 'sleep'>): Promise<void> {
  const over = new AbortController()
  const halfOpen = (): void => {
    clock
      .sleep(HALF_OPEN_MS, over.signal)
      .then(() => [program, database].forEach((one) => one.destroy()))
      .catch(() => {})
  }
  const cut = {
    program: () => void program.resetAndDestroy(),
    database: () => void database.destroy(),
  }
  const closed = Promise.all([
    forward(program, database, cut.database, halfOpen),
    forward(database, program, cut.program, halfOpen),
  ])
  await closed
  over.abort()
}

/** Resolves when `from` is closed. */
function forward(from: Duplex, to: Duplex, cut: () => void, ended: () => void): Promise<void> {
  from.on('error', () => {
    // 'close' follows and says all that matters.
  })
  return new Promise((resolve) => {
    from.once('end', ended)
    const close = (): void => {
      // What broke on one side is broken on the other.
      if (!from.readableEnded) cut()
      resolve()
    }
    from.once('close', close)
    from.pipe(to)
    if (from.readableEnded) to.end()
    if (from.closed) close()
  })
}
