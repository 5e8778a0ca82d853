import {once} from 'node:events'
import {type Duplex} from 'node:stream'
import {createSecureContext, type SecureContext, TLSSocket} from 'node:tls'
import {type MysqlFamily} from '../endpoint.js'
import {type Front, openListener} from '../listener.js'
import {type Authorities, certificateFor, type Disguise, isDisguise, type Mode} from '../mode.js'
import {leave} from '../splice.js'
import {CAPABILITY, CLEAR, disguise, greetingPayload, isSslRequest, parseResponse} from './handshake.js'
import {callBackend, type MysqlDesk, type Outcome, receive, steal} from './login.js'
import {packet, readPacket, refusal} from './packets.js'

/** MySQL's own default: after so many connections that ended before a login, their address is locked out. */
const MAX_CONNECT_ERRORS = 100

export interface MysqlFront extends Front {
  /** How many connections in a row ended before their login did. */
  abortedConnects(): number
}

/** What RDS puts before MySQL or MariaDB, for one endpoint. */
export async function openMysqlFront(
  desk: MysqlDesk & {readonly family: MysqlFamily},
  authorities: Authorities,
  mode: () => Mode,
): Promise<MysqlFront> {
  const contexts = new Map<'honest' | Disguise, Promise<SecureContext>>()
  const contextFor = (kind: 'honest' | Disguise): Promise<SecureContext> => {
    const known = contexts.get(kind) ?? createContext(kind, desk, authorities)
    contexts.set(kind, known)
    return known
  }
  // All clients come from one address, as all of a bastion's do.
  let aborted = 0
  const front = await openListener(mode, async (client, now, address) => {
    if (now === 'full') return leave(client, refusal(0, 1040, '08004', 'Too many connections'))
    if (aborted >= MAX_CONNECT_ERRORS) {
      const message = `Host '${address}' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'`
      return leave(client, refusal(0, 1129, 'HY000', message))
    }
    let outcome: Outcome = 'gone'
    try {
      outcome = await serve(client, now, {desk, address, contextFor})
    } finally {
      if (outcome === 'gone') {
        aborted += 1
        client.destroy()
      }
      if (outcome === 'in') aborted = 0
    }
  })
  return {...front, abortedConnects: () => aborted}
}

interface Serving {
  readonly desk: MysqlDesk & {readonly family: MysqlFamily}
  readonly address: string
  readonly contextFor: (kind: 'honest' | Disguise) => Promise<SecureContext>
}

async function serve(client: Duplex, mode: Mode, {desk, address, contextFor}: Serving): Promise<Outcome> {
  const backend = await callBackend(desk)
  client.once('close', () => {
    // Of one that is handed over, the last bytes may still be on their way.
    if (!client.readableEnded) backend.stream.destroy()
  })
  let outcome: Outcome = 'gone'
  try {
    outcome = await attend()
    return outcome
  } finally {
    if (outcome !== 'in') backend.stream.destroy()
  }

  async function attend(): Promise<Outcome> {
    const honest = disguise(backend.greeting, desk.family)
    const greeting =
      mode === 'no-tls'
        ? {...honest, capabilities: (honest.capabilities & ~CAPABILITY.ssl) >>> 0, plugin: CLEAR}
        : honest
    client.write(packet(0, greetingPayload(greeting)))

    let first = await readPacket(client)
    if (!first) return 'gone'
    let inside = client
    if (isSslRequest(first.payload) && mode !== 'no-tls') {
      const encrypted = await encrypt(client, await contextFor(isDisguise(mode) ? mode : 'honest'))
      if (!encrypted) return 'gone'
      inside = encrypted
      first = await readPacket(inside)
    }
    const response = first && parseResponse(first.payload)
    if (!first || !response) return 'gone'
    const caller = {client: inside, response, sequence: first.sequence, address, plugin: greeting.plugin}
    if (mode === 'no-tls' || isDisguise(mode)) return steal(caller, CLEAR, desk)
    if (typeof mode === 'object' && 'asks' in mode) return steal(caller, mode.asks, desk)
    if (inside === client) {
      const {endpoint, verifier} = desk
      const at = {at: verifier.now(), host: endpoint.host, user: response.user}
      desk.record({...at, outcome: 'refused', reason: 'no encryption'})
      const message = 'Connections using insecure transport are prohibited while --require_secure_transport=ON.'
      leave(client, refusal(first.sequence + 1, 3159, 'HY000', message))
      return 'refused'
    }
    return receive(caller, desk, backend)
  }
}

/** Undefined when the client did not like what it saw. */
async function encrypt(client: Duplex, secureContext: SecureContext): Promise<TLSSocket | undefined> {
  const encrypted = new TLSSocket(client, {isServer: true, secureContext})
  encrypted.on('error', () => encrypted.destroy())
  const isSecure = await Promise.race([
    once(encrypted, 'secure').then(() => true),
    once(encrypted, 'close').then(() => false),
  ])
  return isSecure ? encrypted : undefined
}

async function createContext(
  kind: 'honest' | Disguise,
  {endpoint}: MysqlDesk,
  authorities: Authorities,
): Promise<SecureContext> {
  const {cert, key} = await certificateFor(kind, endpoint.names ?? [endpoint.host], authorities)
  return createSecureContext({cert, key, minVersion: 'TLSv1.2'})
}
