import {once} from 'node:events'
import {createServer} from 'node:net'

/** A server on a port of 127.0.0.1 that nobody else has. */
export async function listenSomewhere() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {server, port: (server.address() as {port: number}).port}
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const {server, port} = await listenSomewhere()
  await new Promise((resolve) => server.close(resolve))
  return port
}
