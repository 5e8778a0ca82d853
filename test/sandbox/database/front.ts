import {type Duplex} from 'node:stream'
import {createServer as createTlsServer, type Server as TlsServer} from 'node:tls'
import {type Front, openListener} from './listener.js'
import {type Desk, handOver, receive, refuseClear, steal} from './login.js'
import {ASK_PASSWORD, NO, YES} from './messages.js'
import {
  type Authorities,
  certificateFor,
  type Disguise,
  isDisguise,
  isQuestion,
  type Mode,
  type Question,
} from './mode.js'
import {readFirst} from './reading.js'

/** What RDS puts before PostgreSQL, for one endpoint. */
export async function openFront(desk: Desk, authorities: Authorities, mode: () => Mode): Promise<Front> {
  const tlsServers = new Map<Mode, Promise<TlsServer>>()
  const tlsServerFor = (kind: 'honest' | Disguise | Question): Promise<TlsServer> => {
    const known = tlsServers.get(kind) ?? createTls(kind, desk, authorities)
    tlsServers.set(kind, known)
    return known
  }
  return openListener(mode, (client, now, address) => serve(client, now, {desk, tlsServerFor, address}))
}

interface Serving {
  readonly desk: Desk
  readonly address: string
  readonly tlsServerFor: (kind: 'honest' | Disguise | Question) => Promise<TlsServer>
}

async function serve(client: Duplex, mode: Mode, {desk, address, tlsServerFor}: Serving): Promise<void> {
  let first = await readFirst(client)
  if (first?.kind === 'gss') {
    client.write(NO)
    first = await readFirst(client)
  }
  if (first?.kind === 'ssl' && mode !== 'no-tls') {
    const server = await tlsServerFor(isDisguise(mode) || isQuestion(mode) ? mode : 'honest')
    // Bytes already here came in clear before TLS began: PostgreSQL drops such a client, too (CVE-2021-23214).
    if (client.readableLength > 0) return void client.destroy()
    client.write(mode === 'early-bytes' ? Buffer.concat([YES, ASK_PASSWORD]) : YES)
    server.emit('connection', client)
    return
  }
  if (first?.kind === 'ssl') {
    client.write(NO)
    first = await readFirst(client)
  }
  if (mode === 'no-tls' || isDisguise(mode)) return steal(client, first, desk)
  if (first?.kind === 'cancel') return handOver(client, desk, first.bytes)
  if (first?.kind === 'startup') return refuseClear(client, address, first, desk)
  client.destroy()
}

/** A TLS server that listens nowhere: connections are handed to it. */
async function createTls(
  kind: 'honest' | Disguise | Question,
  desk: Desk,
  authorities: Authorities,
): Promise<TlsServer> {
  const {endpoint} = desk
  const {cert, key} = await certificateFor(kind, endpoint.names ?? [endpoint.host], authorities)
  const server = createTlsServer({cert, key, minVersion: 'TLSv1.2'}, (client) => {
    client.on('error', () => client.destroy())
    const served =
      kind === 'honest' ? receive(client, desk) : readFirst(client).then((first) => steal(client, first, desk, kind))
    served.catch(() => client.destroy())
  })
  return server.on('tlsClientError', (_error, client) => client.destroy())
}
