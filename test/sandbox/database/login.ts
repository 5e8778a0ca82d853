import {connect} from 'node:net'
import {type Duplex} from 'node:stream'
import {type TLSSocket} from 'node:tls'
import {type Endpoint, type Verifier} from './endpoint.js'
import {ASK_PASSWORD, fatal, type FirstMessage, type Setting, startup} from './messages.js'
import {type Mode} from './mode.js'
import {type Prepare} from './provision.js'
import {readFirst, readPassword} from './reading.js'
import {leave, splice} from './splice.js'
import {refusalOf} from './token.js'

/** One attempt to log in, as only the sandbox sees it: the client is never told why. */
export interface Login {
  /** By the sandbox's clock. */
  readonly at: number
  readonly host: string
  readonly user: string
  readonly outcome: 'in' | 'refused'
  readonly reason?: string
}

/** A password that a client gave to an impostor. */
export interface Theft {
  readonly host: string
  readonly user: string
  readonly password: string
}

export interface Desk {
  readonly endpoint: Endpoint
  readonly verifier: Verifier
  /** PostgreSQL's own Unix socket. */
  readonly socketPath: string
  readonly prepare: Prepare
  /** Whether what asks IAM is too slow for this login, so that the database takes that for a no. */
  isSlow?(): boolean
  record(login: Login): void
  recordTheft(theft: Theft): void
}

/** Takes a client that has come through TLS: checks its token, then leaves it to PostgreSQL. */
export async function receive(client: TLSSocket, desk: Desk): Promise<void> {
  const first = await readFirst(client)
  if (first?.kind === 'cancel') return handOver(client, desk, first.bytes)
  const caller = await askPassword(client, first)
  if (!caller) return void client.destroy()
  const {user, password} = caller
  const {endpoint, verifier} = desk
  const reason = refusalOf(password, user, endpoint, verifier) ?? (desk.isSlow?.() ? 'no answer in time' : undefined)
  const login = {at: verifier.now(), host: endpoint.host, user}
  desk.record(reason === undefined ? {...login, outcome: 'in'} : {...login, outcome: 'refused', reason})
  if (reason !== undefined) return refuse(client, user, isMember(user, endpoint))
  await desk.prepare(valueOf(caller.settings, 'database') ?? user)
  const seen: Setting[] = [
    ['sandbox.tls_version', client.getProtocol() ?? ''],
    ['sandbox.server_name', client.servername || ''],
  ]
  // Last, so that no setting of the client's own prevails.
  handOver(client, desk, startup(caller.version, [...caller.settings, ...seen]))
}

/** Refuses a client that came without TLS, as RDS does where `rds.force_ssl` is on. */
export function refuseClear(
  client: Duplex,
  address: string,
  first: FirstMessage & {kind: 'startup'},
  desk: Desk,
): void {
  const user = valueOf(first.settings, 'user') ?? ''
  const database = valueOf(first.settings, 'database') ?? user
  desk.record({
    at: desk.verifier.now(),
    host: desk.endpoint.host,
    user,
    outcome: 'refused',
    reason: 'no encryption',
  })
  const entry = `host "${address}", user "${user}", database "${database}", no encryption`
  leave(client, fatal('28000', `no pg_hba.conf entry for ${entry}`))
}

/** Asks for the password, as the real one would, and keeps it. */
export async function steal(
  client: Duplex,
  first: FirstMessage | undefined,
  desk: Desk,
  way: Mode = 'other-name',
): Promise<void> {
  const caller = await askPassword(client, first, QUESTION_BYTES.get(way))
  if (!caller) return void client.destroy()
  const {user, password} = caller
  desk.recordTheft({host: desk.endpoint.host, user, password})
  if (way === 'two-questions') {
    client.write(ASK_PASSWORD)
    const second = await readPassword(client)
    if (second !== undefined) desk.recordTheft({host: desk.endpoint.host, user, password: second})
  }
  refuse(client, user)
}

/** What an impostor asks in the place of a cleartext password. */
const QUESTION_BYTES = new Map<Mode, Buffer>([
  ['md5', Buffer.from([0x52, 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4])],
  ['sasl', Buffer.concat([Buffer.from([0x52, 0, 0, 0, 23, 0, 0, 0, 10]), Buffer.from('SCRAM-SHA-256\0\0')])],
  ['no-question', Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])],
])

/** Joins the client to PostgreSQL, which gets these bytes first. */
export function handOver(client: Duplex, {socketPath}: Desk, bytes: Buffer): void {
  if (client.destroyed) return
  const server = connect(socketPath)
  server.write(bytes)
  splice(client, server)
}

interface Caller {
  readonly version: number
  readonly settings: readonly Setting[]
  readonly user: string
  readonly password: string
}

async function askPassword(
  client: Duplex,
  first: FirstMessage | undefined,
  question: Buffer = ASK_PASSWORD,
): Promise<Caller | undefined> {
  if (first?.kind !== 'startup') return undefined
  const {version, settings} = first
  const user = valueOf(settings, 'user')
  if (!user) return undefined
  client.write(question)
  const password = await readPassword(client)
  return password === undefined ? undefined : {version, settings, user, password}
}

/**
 * Members of `rds_iam` log in by IAM alone, all others by a password of their own (RDS User Guide, "IAM database
 * authentication", limitations): PAM is not asked about those.
 */
function isMember(user: string, {users}: Endpoint): boolean {
  return users.some(({name, rdsIam}) => name === user && rdsIam)
}

function refuse(client: Duplex, user: string, byPam = true): void {
  if (byPam) leave(client, fatal('28000', `PAM authentication failed for user "${user}"`))
  else leave(client, fatal('28P01', `password authentication failed for user "${user}"`))
}

function valueOf(settings: readonly Setting[], wanted: string): string | undefined {
  return settings.find(([name]) => name === wanted)?.[1]
}
