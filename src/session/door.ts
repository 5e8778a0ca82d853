import type {ListenPort, LocalSocket} from '../core/ports/network.js'
import {type Traffic, TrafficCount} from './traffic.js'

/** Where a connection of a local program is taken to. */
export type Way = (socket: LocalSocket) => void

/**
 * The local port of a tunnel, whichever session carries it now. Until it leads anywhere, connections wait; they are
 * programs that had the port from an earlier run, or one session is being replaced by another.
 */
export interface Door {
  readonly port: number
  readonly traffic: Traffic
  /** From now on connections are taken there, those that wait first. */
  lead(way: Way): void
  /** Gives the port back, and resets the connections that still wait. Those under way are their session's. */
  close(): Promise<void>
}

/** Listens on `port`; 0 takes any free one. Rejects with PORT_IN_USE. */
export async function openDoor(port: number, listen: ListenPort): Promise<Door> {
  const traffic = new TrafficCount()
  const waiting = new Set<LocalSocket>()
  let way: Way | undefined

  const listener = await listen.listen(port, (socket) => {
    traffic.add(socket)
    if (way) return way(socket)
    waiting.add(socket)
    socket.on('error', () => {
      // 'close' follows.
    })
    socket.once('close', () => waiting.delete(socket))
  })
  return {
    port: listener.port,
    get traffic() {
      return traffic.now
    },
    lead(to) {
      way = to
      for (const socket of waiting) to(socket)
      waiting.clear()
    },
    async close() {
      for (const socket of waiting) socket.resetAndDestroy()
      await listener.close()
    },
  }
}
