import {once} from 'node:events'
import {createServer, type IncomingMessage} from 'node:http'
import {type AddressInfo, connect, type Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import {TLSSocket} from 'node:tls'
import {type Authority} from '../sandbox/database.js'

export interface ProxyOptions {
  /** The port of 127.0.0.1 that a host stands for; none: the proxy cannot reach it. */
  readonly portOf: (host: string) => number | undefined
  /** `user:password` */
  readonly login?: string
  /** It opens TLS, as those of companies do, with certificates of this authority; what comes out of it goes on in clear. */
  readonly authority?: Authority
}

/** A proxy for HTTPS, as RFC 9110 has it. */
export interface Proxy {
  readonly port: number
  /** Every `host:port` that it was asked for and let through. */
  readonly led: readonly string[]
  /** From now on it answers with this status, or (0) not at all. */
  answer(status: number | undefined): void
  close(): Promise<void>
}

export async function startProxy({portOf, login, authority}: ProxyOptions): Promise<Proxy> {
  const led: string[] = []
  const open = new Set<Duplex>()
  let fixed: number | undefined
  const keep = (socket: Duplex): void => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
  }
  const server = createServer((_, response) => response.writeHead(405).end())
  server.on('connection', keep)
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    const [host = '', port] = (request.url ?? '').split(':')
    const refuse = (status: number): void => void client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`)
    const authorization = login && `Basic ${Buffer.from(login).toString('base64')}`
    if (fixed === 0) return
    if (fixed !== undefined) return refuse(fixed)
    if (authorization && request.headers['proxy-authorization'] !== authorization) return refuse(407)
    const onward = portOf(host)
    if (onward === undefined) return refuse(502)
    led.push(`${host}:${port}`)
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    const far = connect(onward, '127.0.0.1')
    keep(far)
    const join = (near: Duplex): void => {
      keep(near)
      near.pipe(far).pipe(near)
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
    }
    if (!authority) return join(client)
    void authority.issue([host]).then((certificate) => join(new TLSSocket(client, {isServer: true, ...certificate})))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    led,
    answer: (status) => void (fixed = status),
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
