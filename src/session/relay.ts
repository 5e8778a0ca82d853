import type {DialPort, LocalSocket} from '../core/ports/network.js'
import {splice} from './splice.js'

/** Takes connections to a port of another program on this machine. */
export interface Relay {
  readonly accept: (socket: LocalSocket) => void
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
    close() {
      closed = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
  }
}
