import type {LocalSocket} from '../../../core/ports/network.js'

const NOTHING = Buffer.alloc(0)

/**
 * Makes one connection of two. Each side's bytes go to the other, no faster than
 * it takes them; an end follows the last of them, and the other direction goes
 * on; what breaks on one side is a reset on the other.
 */
export function splice(one: LocalSocket, other: LocalSocket): void {
  forward(one, other)
  forward(other, one)
}

function forward(from: LocalSocket, to: LocalSocket): void {
  from.on('error', () => {
    // 'close' follows and says all that matters.
  })
  from.once('close', () => {
    if (!from.readableEnded || !from.writableFinished) resetAtLast(to)
  })
  from.pipe(to)
}

/** It gets all that came for it before. */
function resetAtLast(socket: LocalSocket): void {
  const reset = (): void => void socket.resetAndDestroy()
  if (!socket.writableEnded) socket.write(NOTHING, reset)
  else if (socket.writableFinished) reset()
  else socket.once('finish', reset)
}
