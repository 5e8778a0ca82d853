import type {LocalSocket} from '../../core/ports/network.js'

/** What a tunnel has carried for local programs. */
export interface Traffic {
  /** Connections of local programs that are open now. */
  readonly open: number
  /** Connections of local programs since the tunnel began, those that are open included. */
  readonly opened: number
  /** Bytes from local programs to the database. */
  readonly bytesUp: number
  /** Bytes from the database to local programs. */
  readonly bytesDown: number
}

/** Counts by the sockets' own counters: nothing is done for each byte. */
export class TrafficCount {
  readonly #sockets = new Set<LocalSocket>()
  #opened = 0
  /** Of the connections that are over. */
  #bytesUp = 0
  #bytesDown = 0

  add(socket: LocalSocket): void {
    this.#opened++
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#bytesUp += socket.bytesRead
      this.#bytesDown += socket.bytesWritten
    })
  }

  get now(): Traffic {
    let [bytesUp, bytesDown] = [this.#bytesUp, this.#bytesDown]
    for (const socket of this.#sockets) {
      bytesUp += socket.bytesRead
      bytesDown += socket.bytesWritten
    }
    return {open: this.#sockets.size, opened: this.#opened, bytesUp, bytesDown}
  }
}
