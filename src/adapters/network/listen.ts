import {createServer, type Socket} from 'node:net'
import {fail} from '../../core/errors.js'
import type {ListenPort} from '../../core/ports/network.js'

/** A program that has gone for good, after what looked like a half-close, is found out by this. */
const KEEPALIVE_MS = 15_000
const PIECE = 64 * 1024

export const listenPort: ListenPort = {
  listen(port, onConnection) {
    const sockets = new Set<Socket>()
    const server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_MS,
      highWaterMark: PIECE,
    })
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      onConnection(socket)
    })
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(refused(port, error)))
      server.listen({port, host: '127.0.0.1', exclusive: true}, () => {
        const address = server.address()
        resolve({
          port: typeof address === 'object' && address ? address.port : port,
          stop: () => void server.close(),
          close: () =>
            new Promise((closed) => {
              server.close(() => closed())
              for (const socket of sockets) socket.destroy()
            }),
        })
      })
    })
  },
}

function refused(port: number, error: NodeJS.ErrnoException): Error {
  const reason = error.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${error.code})`
  return fail('PORT_IN_USE', `Port ${port} on 127.0.0.1 ${reason}.`, {
    hint: 'Choose another port: --local-port PORT. Without --local-port you get a free one.',
    cause: error,
  })
}
