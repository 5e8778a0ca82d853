import {once} from 'node:events'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {createSecureContext, TLSSocket} from 'node:tls'
import {type Certificate, ASK_PASSWORD, fatal, parseFirst, YES} from '../sandbox/database.js'

export interface RecordingDatabase {
  readonly port: number
  /** What clients sent, in order: `ssl`, `gss`, `startup in clear`, `startup`, `password`. */
  readonly seen: readonly string[]
  readonly passwords: readonly string[]
  /** User and database of each start-up message, such as `bob/app`. */
  readonly logins: readonly string[]
  close(): Promise<void>
}

/** A PostgreSQL server up to the password, on loopback: notes what it is told, and refuses every login. */
export async function recordDatabase(certificate: Certificate): Promise<RecordingDatabase> {
  const context = createSecureContext(certificate)
  const seen: string[] = []
  const passwords: string[] = []
  const logins: string[] = []
  const sockets = new Set<Socket>()

  async function greet(socket: Socket, secure: boolean): Promise<void> {
    const message = parseFirst(await nextMessage(socket, 0))
    if (message?.kind === 'ssl') {
      seen.push('ssl')
      socket.write(YES)
      const tls = new TLSSocket(socket, {isServer: true, secureContext: context})
      tls.on('error', () => {})
      return greet(tls, true)
    }
    if (message?.kind === 'startup') {
      seen.push(secure ? 'startup' : 'startup in clear')
      const settings = new Map(message.settings)
      logins.push(`${settings.get('user')}/${settings.get('database')}`)
      socket.write(ASK_PASSWORD)
      const reply = await nextMessage(socket, 1)
      seen.push('password')
      passwords.push(reply.toString('utf8', 5, reply.length - 1))
    } else seen.push(message?.kind ?? 'something else')
    socket.end(fatal('28000', 'PAM authentication failed for user'))
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    greet(socket, false).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    passwords,
    logins,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** One message, whose length stands at `lengthAt`; rejects when the client goes first. */
async function nextMessage(socket: Socket, lengthAt: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  for (;;) {
    if (bytes.length >= lengthAt + 4 && bytes.length >= lengthAt + bytes.readInt32BE(lengthAt)) return bytes
    const chunk = socket.read() as Buffer | null
    if (chunk) bytes = Buffer.concat([bytes, chunk])
    else if (socket.readableEnded || socket.destroyed) throw new Error('the client has gone')
    else await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')])
  }
}
