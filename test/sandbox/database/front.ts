import {once} from 'node:events'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {type Duplex} from 'node:stream'
import {createServer as createTlsServer, type Server as TlsServer} from 'node:tls'
import {type Desk, handOver, receive, refuseClear, steal} from './login.js'
import {NO, YES} from './messages.js'
import {type Authorities, certificateFor, type Disguise, type Mode} from './mode.js'
import {readFirst} from './reading.js'
import {slow} from './slow.js'

/** One endpoint's listener on 127.0.0.1: what RDS puts before PostgreSQL. */
export interface Front {
  readonly port: number
  /** Cuts every connection with a reset. */
  reset(): void
  close(): Promise<void>
}

/** Listens for one endpoint; `mode` is asked at each connection. */
export async function openFront(desk: Desk, authorities: Authorities, mode: () => Mode): Promise<Front> {
  const connections = new Set<Socket>()
  const tlsServers = new Map<Mode, Promise<TlsServer>>()

  const tlsServerFor = (kind: 'honest' | Disguise): Promise<TlsServer> => {
    const known = tlsServers.get(kind) ?? createTls(kind, desk, authorities)
    tlsServers.set(kind, known)
    return known
  }

  const listener = createServer({allowHalfOpen: true, noDelay: true}, (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    socket.on('error', () => socket.destroy())
    void serve(socket, mode(), desk, tlsServerFor).catch(() => socket.destroy())
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

async function serve(
  socket: Socket,
  mode: Mode,
  desk: Desk,
  tlsServerFor: (kind: 'honest' | Disguise) => Promise<TlsServer>,
): Promise<void> {
  if (mode === 'closing') return void socket.destroy()
  if (mode === 'silent') return void socket.on('end', () => socket.destroy()).resume()

  const client: Duplex = typeof mode === 'object' ? slow(socket, mode.msPerByte) : socket
  let first = await readFirst(client)
  if (first?.kind === 'gss') {
    client.write(NO)
    first = await readFirst(client)
  }
  if (first?.kind === 'ssl' && mode !== 'no-tls') {
    const server = await tlsServerFor(typeof mode === 'object' ? 'honest' : mode)
    // Bytes already here came in clear before TLS began: PostgreSQL drops such a client, too (CVE-2021-23214).
    if (client.readableLength > 0) return void client.destroy()
    client.write(YES)
    server.emit('connection', client)
    return
  }
  if (first?.kind === 'ssl') {
    client.write(NO)
    first = await readFirst(client)
  }
  if (mode !== 'honest' && typeof mode !== 'object') return steal(client, first, desk)
  if (first?.kind === 'cancel') return handOver(client, desk, first.bytes)
  if (first?.kind === 'startup') return refuseClear(client, socket.remoteAddress ?? '', first, desk)
  client.destroy()
}

/** A TLS server that listens nowhere: connections are handed to it. */
async function createTls(kind: 'honest' | Disguise, desk: Desk, authorities: Authorities): Promise<TlsServer> {
  const {endpoint} = desk
  const {cert, key} = await certificateFor(kind, endpoint.names ?? [endpoint.host], authorities)
  const server = createTlsServer({cert, key, minVersion: 'TLSv1.2'}, (client) => {
    client.on('error', () => client.destroy())
    const served =
      kind === 'honest' ? receive(client, desk) : readFirst(client).then((first) => steal(client, first, desk))
    served.catch(() => client.destroy())
  })
  return server.on('tlsClientError', (_error, client) => client.destroy())
}
