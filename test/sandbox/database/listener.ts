import {once} from 'node:events'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {type Duplex} from 'node:stream'
import {type Mode} from './mode.js'
import {slow} from './slow.js'

/** One endpoint's listener on 127.0.0.1: what RDS puts before a database server. */
export interface Front {
  readonly port: number
  /** Cuts every connection with a reset. */
  reset(): void
  close(): Promise<void>
}

/** Speaks with one client, in a mode in which an endpoint speaks at all. `address` is the client's. */
export type Serve = (client: Duplex, mode: Exclude<Mode, 'closing' | 'silent'>, address: string) => Promise<void>

/** Listens for one endpoint; `mode` is asked at each connection. */
export async function openListener(mode: () => Mode, serve: Serve): Promise<Front> {
  const connections = new Set<Socket>()
  const take = async (socket: Socket): Promise<void> => {
    const now = mode()
    if (now === 'closing') return void socket.destroy()
    if (now === 'silent') return void socket.on('end', () => socket.destroy()).resume()
    const isSlow = typeof now === 'object' && 'msPerByte' in now
    await serve(isSlow ? slow(socket, now.msPerByte) : socket, now, socket.remoteAddress ?? '')
  }
  const listener = createServer({allowHalfOpen: true, noDelay: true}, (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    socket.on('error', () => socket.destroy())
    void take(socket).catch(() => socket.destroy())
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  return {
    port: (listener.address() as AddressInfo).port,
    reset: () => connections.forEach((socket) => socket.resetAndDestroy()),
    async close() {
      const closed = once(listener, 'close')
      listener.close()
      for (const socket of connections) socket.destroy()
      await closed
    },
  }
}
