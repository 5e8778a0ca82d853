import {once} from 'node:events'
import {type AddressInfo, connect, createServer, type Socket} from 'node:net'

export interface EchoServer {
  readonly port: number
  readonly connections: ReadonlySet<Socket>
  readonly dial: () => Promise<Socket>
  close(): Promise<void>
}

/** A loopback database that says everything back; or does whatever `onConnection` does instead. */
export async function startEchoServer(
  onConnection: (socket: Socket) => void = (socket) => void socket.pipe(socket),
): Promise<EchoServer> {
  const connections = new Set<Socket>()
  const server = createServer({allowHalfOpen: true}, (socket) => {
    connections.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => connections.delete(socket))
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  return {
    port,
    connections,
    async dial() {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    },
    async close() {
      for (const socket of connections) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
