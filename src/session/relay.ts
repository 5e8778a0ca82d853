import type {DialPort, Listener, ListenPort, LocalSocket} from '../core/ports/network.js'
import {splice} from './splice.js'
import {type Traffic, TrafficCount} from './traffic.js'

/**
 * A port of our own in front of another program's: what goes through can be
 * counted, and the port is had before that program runs, and not by it.
 */
export class Relay {
  readonly #listener: Listener
  readonly #sockets: Set<LocalSocket>
  readonly #traffic: TrafficCount

  private constructor(listener: Listener, sockets: Set<LocalSocket>, traffic: TrafficCount) {
    this.#listener = listener
    this.#sockets = sockets
    this.#traffic = traffic
  }

  /**
   * Listens on `port` (0 takes any free one) and connects each caller to the port that `destination` gives, once it
   * does; the caller is reset when it gives none. Rejects with PORT_IN_USE.
   */
  static async open(
    port: number,
    destination: () => Promise<number | undefined>,
    ports: {readonly listen: ListenPort; readonly dial: DialPort},
  ): Promise<Relay> {
    const sockets = new Set<LocalSocket>()
    const traffic = new TrafficCount()
    const listener = await ports.listen.listen(port, (socket) => {
      sockets.add(socket)
      traffic.add(socket)
      socket.on('error', () => {
        // 'close' follows.
      })
      socket.once('close', () => sockets.delete(socket))
      const connect = (to: number | undefined): void => {
        if (to === undefined) socket.resetAndDestroy()
        else if (!socket.destroyed) splice(socket, ports.dial.dial(to))
      }
      destination().then(connect, () => connect(undefined))
    })
    return new Relay(listener, sockets, traffic)
  }

  get port(): number {
    return this.#listener.port
  }

  get traffic(): Traffic {
    return this.#traffic.now
  }

  /** Resets every connection and gives the port back. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await this.#listener.close()
  }
}
