import type {Socket} from 'node:net'

/** Which address each host name of the private network has now; after a failover another one. */
export class Addresses {
  readonly #moves = new Map<string, number>()
  readonly #connections = new Map<string, Set<Socket>>()

  /** Such as `prod-db.….amazonaws.com#0`. */
  of(host: string): string {
    return `${host.toLowerCase()}#${this.#moves.get(host.toLowerCase()) ?? 0}`
  }

  /** The host at an address; undefined when it has moved away. */
  hostAt(address: string): string | undefined {
    const [host = ''] = address.split('#')
    return this.of(host) === address ? host : undefined
  }

  /** A connection that ends when its host moves away. */
  keep(address: string, socket: Socket): void {
    const connections = this.#connections.get(address) ?? new Set()
    this.#connections.set(address, connections.add(socket))
    socket.once('close', () => connections.delete(socket))
  }

  /** The host takes another address, and its connections are gone. */
  move(host: string): void {
    const connections = this.#connections.get(this.of(host)) ?? []
    this.#moves.set(host.toLowerCase(), (this.#moves.get(host.toLowerCase()) ?? 0) + 1)
    for (const socket of connections) socket.destroy()
  }
}
