import type {TunnelState} from './opened-tunnel.js'
import type {Endpoint} from '../ports/aws.js'

/** A tunnel whose owner lives. These names are stable: `status --json` prints them. */
export interface ListedTunnel {
  /** As it was typed. */
  readonly target: string
  /** `open`, `exec`, or that of a client, such as `psql`. */
  readonly command: string
  readonly endpoint: Endpoint
  /** On 127.0.0.1. */
  readonly localPort: number
  readonly region: string
  readonly profile?: string | undefined
  readonly bastion?: {readonly id: string; readonly name?: string | undefined} | undefined
  /** The id of the session that carries it, or of the last one that did. */
  readonly session?: string | undefined
  /** Where the local end logs in each connection: path of its socket, and whether there is a port as well. */
  readonly autoLogin?: {readonly socket: string; readonly tcp: boolean} | undefined
  /** Who logs in, and how carefully, once it is ready; of `open` only. */
  readonly login?: {readonly user: string; readonly database: string; readonly readOnly: boolean} | undefined
  /** ISO 8601. */
  readonly openSince: string
  readonly ageMs: number
  /** `starting` until the database has answered; unknown for those of psql and exec, which nobody watches. */
  readonly health: TunnelState | 'starting' | 'unknown'
  /** Why it is not up. */
  readonly why?: string | undefined
  /** Why programs do not find it by the database's name. */
  readonly nameLost?: string | undefined
  /** `elsewhere`: on another machine or in another container, so that nobody here can tell. */
  readonly owner: {readonly pid: number; readonly process: 'alive' | 'elsewhere'}
  /** A few seconds old at the most; missing where nobody counts. */
  readonly connections?: number | undefined
  readonly bytesUp?: number | undefined
  readonly bytesDown?: number | undefined
  /** Of a background process. */
  readonly log?: string | undefined
}

/** What a dead owner has left: sessions that may still be open at AWS. */
export interface Leftover {
  readonly target: string
  readonly sessions: readonly string[]
  /** The ends of the reasons of sessions that AWS was asked for in its last moment, and may have granted. */
  readonly asked: readonly string[]
  readonly region: string
  readonly profile?: string | undefined
  readonly pid: number
  /** Why they could not be ended; missing when nobody has tried yet. */
  readonly why?: string | undefined
}

export interface TunnelListing {
  readonly tunnels: readonly ListedTunnel[]
  readonly leftovers: readonly Leftover[]
  /** Files of the state folder that are not believed, each with why. */
  readonly strange: readonly string[]
}
