import {once} from 'node:events'
import {connect} from 'node:net'
import {type Duplex} from 'node:stream'
import {type Endpoint, type Verifier} from '../endpoint.js'
import {type Login, type Theft} from '../login.js'
import {leave, splice} from '../splice.js'
import {refusalOf} from '../token.js'
import {
  CACHING_SHA2,
  CLEAR,
  type Greeting,
  type HandshakeResponse,
  NATIVE,
  parseGreeting,
  responsePayload,
  switchPayload,
} from './handshake.js'
import {packet, readPacket, refusal} from './packets.js'

export interface MysqlDesk {
  readonly endpoint: Endpoint
  readonly verifier: Verifier
  /** The real server's Unix socket; starts it when it is first asked for. */
  socketPath(): Promise<string>
  record(login: Login): void
  recordTheft(theft: Theft): void
}

/** The real server's side of one connection, which has greeted. */
export interface Backend {
  readonly stream: Duplex
  readonly greeting: Greeting
}

export async function callBackend(desk: MysqlDesk): Promise<Backend> {
  const stream = connect(await desk.socketPath())
  stream.on('error', () => stream.destroy())
  const first = await readPacket(stream)
  if (!first || first.payload[0] !== 10) throw new Error('the server did not greet')
  return {stream, greeting: parseGreeting(first.payload)}
}

/** A client that has come through TLS and said who it is; `sequence` is that packet's. */
export interface Caller {
  readonly client: Duplex
  readonly response: HandshakeResponse
  readonly sequence: number
  readonly address: string
  /** The greeting's. */
  readonly plugin: string
}

/** What came of a caller: `gone` when it left in the middle. */
export type Outcome = 'in' | 'refused' | 'gone'

/** Checks its token, then leaves it to the real server. */
export async function receive(caller: Caller, desk: MysqlDesk, backend: Backend): Promise<Outcome> {
  const {client, response, sequence, address} = caller
  const {endpoint, verifier} = desk
  const {user} = response
  const login = {at: verifier.now(), host: endpoint.host, user}
  const refuse = (at: number, code: number, state: string, message: string, reason: string): Outcome => {
    desk.record({...login, outcome: 'refused', reason})
    leave(client, refusal(at, code, state, message))
    backend.stream.destroy()
    return 'refused'
  }
  const deny = (at: number, hasPassword: boolean, reason: string): Outcome => {
    const how = `(using password: ${hasPassword ? 'YES' : 'NO'})`
    return refuse(at, 1045, '28000', `Access denied for user '${user}'@'${address}' ${how}`, reason)
  }

  if (!endpoint.users.some(({name, rdsIam}) => name === user && rdsIam)) {
    const proof = await askOwnPassword(caller, backend.greeting.salt)
    return proof ? deny(proof.sequence + 1, proof.payload.length > 1, 'the user does not log in by IAM') : 'gone'
  }
  if (!endpoint.iamLogin) {
    const message = "Plugin 'AWSAuthenticationPlugin' is not loaded"
    return refuse(sequence + 1, 1524, 'HY000', message, 'IAM login is off')
  }
  const answer = await askToken(caller)
  if (!answer) return 'gone'
  const reason = refusalOf(withoutZero(answer.payload), user, endpoint, verifier)
  if (reason !== undefined) return deny(answer.sequence + 1, answer.payload.length > 1, reason)
  return handOver(caller, backend, answer.sequence + 1, () => desk.record({...login, outcome: 'in'}))
}

/** RDS's AWSAuthenticationPlugin: the token comes in clear, after a switch unless the client had begun with that. */
function askToken({client, response, sequence}: Caller): ReturnType<typeof readPacket> {
  if (response.plugin === CLEAR) return Promise.resolve({sequence, payload: response.proof})
  client.write(packet(sequence + 1, switchPayload(CLEAR, Buffer.alloc(0))))
  return readPacket(client)
}

/**
 * Of a user with a password of its own, or of none at all: MySQL asks by its default plugin, and does not say which it is.
 * caching_sha2_password has the whole password sent inside TLS where it does not know its hash.
 */
async function askOwnPassword(
  {client, response, sequence, plugin}: Caller,
  salt: Buffer,
): ReturnType<typeof readPacket> {
  let proof: Awaited<ReturnType<typeof readPacket>> = {sequence, payload: response.proof}
  if (response.plugin !== plugin) {
    client.write(packet(sequence + 1, switchPayload(plugin, salt)))
    proof = await readPacket(client)
  }
  if (!proof || plugin !== CACHING_SHA2 || proof.payload.length <= 1) return proof
  client.write(packet(proof.sequence + 1, Buffer.of(1, 4)))
  return readPacket(client)
}

/** Joins the client to the real server, which logs it in under the same name. */
async function handOver(
  {client, response}: Caller,
  {stream}: Backend,
  sequence: number,
  record: () => void,
): Promise<Outcome> {
  stream.write(packet(1, responsePayload({...response, plugin: NATIVE})))
  const answer = await readPacket(stream)
  if (!answer || client.destroyed) {
    stream.destroy()
    return 'gone'
  }
  record()
  client.write(packet(sequence, answer.payload))
  splice(client, stream)
  return 'in'
}

/** Asks for a proof, as an impostor, and keeps whatever comes. */
export async function steal(caller: Caller, asked: string, desk: MysqlDesk): Promise<Outcome> {
  const {client, response, sequence, address} = caller
  const {host} = desk.endpoint
  const keep = (bytes: Buffer): void => {
    if (bytes.length > 0) desk.recordTheft({host, user: response.user, password: withoutZero(bytes)})
  }
  keep(response.proof)
  client.write(packet(sequence + 1, switchPayload(asked, Buffer.alloc(20, 7))))
  const answer = await readPacket(client)
  if (answer) keep(answer.payload)
  const message = `Access denied for user '${response.user}'@'${address}' (using password: YES)`
  leave(client, refusal((answer?.sequence ?? sequence + 1) + 1, 1045, '28000', message))
  await once(client, 'close')
  return 'refused'
}

function withoutZero(bytes: Buffer): string {
  return bytes.toString('utf8', 0, bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length)
}
