import {type Duplex} from 'node:stream'

/** Joins two connections: bytes both ways with back-pressure, one side's end passed on without cutting the other. */
export function splice(left: Duplex, right: Duplex): void {
  flow(left, right)
  flow(right, left)
}

function flow(from: Duplex, to: Duplex): void {
  from.pipe(to)
  from.on('error', () => to.destroy())
  from.on('close', () => {
    // After its end, what it sent may still be on its way.
    if (!from.readableEnded) to.destroy()
  })
}

/** Closes a connection once everything written to it has left. */
export function leave(stream: Duplex, lastWords?: Buffer): void {
  if (stream.writableFinished) stream.destroy()
  else stream.once('finish', () => stream.destroy())
  if (!stream.writableEnded) stream.end(lastWords)
}
