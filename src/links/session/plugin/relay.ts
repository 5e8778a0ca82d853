import {finished} from 'node:stream/promises'
import {withDeadline} from '../../../core/deadline.js'
import type {DialPort, LocalSocket} from '../../../core/ports/network.js'
import {splice} from './splice.js'

/** Takes connections to a port of another program on this machine. */
export interface Relay {
  readonly accept: (socket: LocalSocket) => void
  /** One connection that carries nothing. Resolves to whether it was taken within `ms` milliseconds. */
  touch(ms: number): Promise<boolean>
  /** Resets every connection, and all that still come. */
  close(): void
}

export function relayTo(port: number, dial: DialPort): Relay {
  const sockets = new Set<LocalSocket>()
  let closed = false
  return {
    accept(socket) {
      if (closed) return void socket.resetAndDestroy()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      splice(socket, dial.dial(port))
    },
    async touch(ms) {
      const socket = dial.dial(port)
      sockets.add(socket)
      socket.resume().end()
      // Refused or reset is an answer, too.
      const over = finished(socket).catch(() => {})
      try {
        return await withDeadline(
          over.then(() => true),
          ms,
          () => new Error('late'),
        ).catch(() => false)
      } finally {
        sockets.delete(socket)
        socket.destroy()
      }
    },
    close() {
      closed = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
  }
}
