import {count, type Fields, ID, list, maybe, NODE_ID, record, TEXT, word} from '../read-json.js'
import {isHostName, isPort} from '../grammars.js'
import type {OpenedTunnel, TunnelStatus} from './opened-tunnel.js'
import type {Endpoint} from '../ports/aws.js'
import type {ProcessIdentity} from '../ports/hosts.js'
import {SESSION_MARK} from '../session-mark.js'

/** A session that has not ended at AWS, as far as its owner knew. */
export interface RecordedSession {
  readonly id: string
  /** The bastion's id. */
  readonly bastion: string
}

/** A session that AWS was asked for and has not answered for yet: only its mark says which one it is. */
export interface AskedSession {
  /** The end of its reason. */
  readonly mark: string
  /** The bastion's id. */
  readonly bastion: string
  /** In milliseconds since the epoch. */
  readonly at: number
}

/** Whom to ask to end a session, and where. */
export interface RecordedAccount {
  readonly profile?: string | undefined
  readonly region: string
  readonly partition: string
  /** Systems Manager's; empty for the region's own. */
  readonly endpointUrl: string
  /** AwsApi's, where it has one: tells apart who asked without naming a profile. */
  readonly scope?: string | undefined
}

/** What others may know of a tunnel: the content of its state file. No secret is in it. */
export interface TunnelRecord {
  readonly owner: ProcessIdentity
  /** `open`, `exec`, or that of a client, such as `psql`. */
  readonly command: string
  /** As it was typed. */
  readonly target: string
  readonly account: RecordedAccount
  /** The database's own. */
  readonly endpoint: Endpoint
  /** On 127.0.0.1. */
  readonly localPort: number
  /** The one in use last. */
  readonly sessions: readonly RecordedSession[]
  readonly asked: readonly AskedSession[]
  /** When the first session was asked for, in milliseconds since the epoch. */
  readonly since: number
  /** What is told of it, once it is ready; of `open` only. Its session and bastion may be others by now. */
  readonly opened?: OpenedTunnel | undefined
  /** As it was a few seconds ago at the most; of `open` only. */
  readonly status?: TunnelStatus | undefined
  /** Path of the file that a background process writes its lines to. */
  readonly log?: string | undefined
  /** Why the database's name does not lead to this tunnel now, where it should by the hosts file. */
  readonly nameLost?: string | undefined
  /** Of a dead owner: why its sessions could not be ended, and since when that is so. */
  readonly failure?: {readonly message: string; readonly since: number} | undefined
}

/** Raised whenever what is written means something else. */
const VERSION = 1
const MOST_SESSIONS = 100

export function writeTunnelRecord(tunnel: TunnelRecord): string {
  return `${JSON.stringify({version: VERSION, ...tunnel})}\n`
}

/** Reads what `writeTunnelRecord` wrote. Throws with what is wrong. */
export function readTunnelRecord(text: string): TunnelRecord {
  const fields = record(JSON.parse(text), 'the file')
  if (fields['version'] !== VERSION) throw new Error('it is in the form of another version of dbtunnel')
  const sessions = list(fields['sessions'], 'sessions', readSession)
  const asked = list(fields['asked'] ?? [], 'asked', readAsked)
  if (sessions.length + asked.length > MOST_SESSIONS) throw new Error('sessions are too many')
  return {
    owner: readOwner(record(fields['owner'], 'owner')),
    command: word(fields, 'command', /^[a-z][a-z-]{0,30}$/),
    target: word(fields, 'target', TEXT),
    account: readAccount(record(fields['account'], 'account')),
    endpoint: readEndpoint(record(fields['endpoint'], 'endpoint')),
    localPort: readPort(fields, 'localPort'),
    sessions,
    asked,
    since: count(fields, 'since'),
    opened: optional(fields, 'opened', readOpened),
    status: optional(fields, 'status', readStatus),
    log: maybe(fields, 'log', PATH),
    nameLost: maybe(fields, 'nameLost', MESSAGE),
    failure: optional(fields, 'failure', readFailure),
  }
}

function optional<T>(fields: Fields, name: string, read: (fields: Fields) => T): T | undefined {
  return fields[name] === undefined ? undefined : read(record(fields[name], name))
}

/** What IAM allows in the name of a user or role session, a hyphen, and a random word. */
const SESSION_ID = /^[\w+=,.@][\w+=,.@-]{0,190}$/
const PROFILE = /^(?!-)\P{Cc}{1,128}$/u
const REGION = /^[a-z0-9-]{1,40}$/
const URL = /^(https?:\/\/[^\s\p{Cc}]{1,512})?$/u
/** Several lines, of ours and AWS's. */
const MESSAGE = /^[^\0]{0,2000}$/
const LOGIN = /^\P{Cc}{1,128}$/u
const PATH = /^\/[^\0\r\n]{0,4096}$/
const STATES = /^(up|replacing|asleep|waiting-for-credentials)$/

function readOwner(fields: Fields): ProcessIdentity {
  const pid = count(fields, 'pid')
  if (pid === 0) throw new Error('pid is 0')
  return {pid, started: word(fields, 'started', /^[a-z0-9-]{1,100}$/)}
}

function readAccount(fields: Fields): RecordedAccount {
  return {
    profile: maybe(fields, 'profile', PROFILE),
    region: word(fields, 'region', REGION),
    partition: word(fields, 'partition', ID),
    endpointUrl: word(fields, 'endpointUrl', URL),
    scope: maybe(fields, 'scope', /^[0-9a-f]{64}$/),
  }
}

function readEndpoint(fields: Fields): Endpoint {
  const host = word(fields, 'host', TEXT)
  if (!isHostName(host)) throw new Error('host is no host name')
  return {host, port: readPort(fields, 'port')}
}

function readPort(fields: Fields, name: string): number {
  const port = count(fields, name)
  if (!isPort(port)) throw new Error(`${name} is not a valid port`)
  return port
}

function readSession(value: unknown): RecordedSession {
  const fields = record(value, 'session')
  return {id: word(fields, 'id', SESSION_ID), bastion: word(fields, 'bastion', NODE_ID)}
}

function readAsked(value: unknown): AskedSession {
  const fields = record(value, 'asked')
  return {mark: word(fields, 'mark', SESSION_MARK), bastion: word(fields, 'bastion', NODE_ID), at: count(fields, 'at')}
}

function readFailure(fields: Fields): NonNullable<TunnelRecord['failure']> {
  return {message: word(fields, 'message', MESSAGE), since: count(fields, 'since')}
}

function readOpened(fields: Fields): OpenedTunnel {
  return {
    target: word(fields, 'target', TEXT),
    endpoint: readEndpoint(record(fields['endpoint'], 'endpoint')),
    localPort: readPort(fields, 'localPort'),
    bastion: readBastion(record(fields['bastion'], 'bastion')),
    session: word(fields, 'session', SESSION_ID),
    engine: word(fields, 'engine', /^(plugin|native)$/) as OpenedTunnel['engine'],
    user: word(fields, 'user', LOGIN),
    database: word(fields, 'database', LOGIN),
    region: word(fields, 'region', REGION),
    via: word(fields, 'via', /^(hosts|hostaddr|auto-login)$/) as OpenedTunnel['via'],
    autoLogin: optional(fields, 'autoLogin', readAutoLogin),
    // That was not there at first.
    readOnly: fields['readOnly'] === true,
    reason: maybe(fields, 'reason', TEXT),
    allowOtherUsers: fields['allowOtherUsers'] === true || undefined,
    unset: list(fields['unset'] ?? [], 'unset', (name) => word({name}, 'name', VARIABLE)),
    env: readVariables(record(fields['env'], 'env')),
  }
}

function readAutoLogin(fields: Fields): NonNullable<OpenedTunnel['autoLogin']> {
  const port = fields['port'] === undefined ? undefined : readPort(fields, 'port')
  return {socket: word(fields, 'socket', PATH), port, passwordFile: maybe(fields, 'passwordFile', PATH)}
}

const VARIABLE = /^[A-Z][A-Z_]{1,40}$/

/** They are printed to be pasted. */
function readVariables(fields: Fields): OpenedTunnel['env'] {
  const names = Object.keys(fields)
  if (!names.every((name) => VARIABLE.test(name))) throw new Error('env has odd names')
  return Object.fromEntries(names.map((name) => [name, word(fields, name, /^[^\0\r\n]{0,4096}$/)]))
}

function readStatus(fields: Fields): TunnelStatus {
  return {
    target: word(fields, 'target', TEXT),
    localPort: readPort(fields, 'localPort'),
    state: word(fields, 'state', STATES) as TunnelStatus['state'],
    since: count(fields, 'since'),
    why: maybe(fields, 'why', MESSAGE),
    bastion: readBastion(record(fields['bastion'], 'bastion')),
    session: word(fields, 'session', SESSION_ID),
    open: count(fields, 'open'),
    opened: count(fields, 'opened'),
    bytesUp: count(fields, 'bytesUp'),
    bytesDown: count(fields, 'bytesDown'),
    ageMs: count(fields, 'ageMs'),
  }
}

function readBastion(fields: Fields): OpenedTunnel['bastion'] {
  return {id: word(fields, 'id', NODE_ID), name: maybe(fields, 'name', TEXT)}
}
