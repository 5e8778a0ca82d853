import type {Bastion} from '../bastion/bastion.js'
import type {DbtunnelError} from '../core/errors.js'
import type {SessionGrant} from '../core/ports/aws.js'
import type {Run} from '../core/run.js'
import type {Traffic} from './traffic.js'

export type SessionEngineId = 'plugin' | 'native'

/** Why a session is over; no error when it was closed on purpose. */
export interface SessionEnd {
  readonly error?: DbtunnelError | undefined
}

/** A port on 127.0.0.1 that leads to the database, for as long as it lasts. */
export interface Session {
  readonly id: string
  readonly engine: SessionEngineId
  readonly bastion: Bastion
  readonly localPort: number
  /** Settles once, when the session has ended for whatever reason. Never rejects. */
  readonly closed: Promise<SessionEnd>
  /** How many connections the agent has reported as failed: it did not get through to the database. */
  readonly failedDials?: (() => number) | undefined
  /** What it has carried so far. */
  traffic(): Traffic
  /** After a stop (SIGCONT): finds out whether the channel still lives, and resumes it when not. */
  check(): Promise<void>
  /** Ends it at once on this machine. Ending it at AWS is an undo step of its own. */
  close(): Promise<void>
}

/** What an engine needs to carry a session that StartSession has granted. */
export interface Carry {
  readonly grant: SessionGrant
  readonly bastion: Bastion
  readonly region: string
  readonly profile?: string | undefined
  /** The StartSession request as sent, for the plugin's fifth argument. */
  readonly request: {
    readonly target: string
    readonly document: string
    readonly parameters: Readonly<Record<string, readonly string[]>>
  }
  /** 0 takes any free port. */
  readonly localPort: number
  /** Until it listens and the channel is up, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * One way of carrying a session. `open` resolves when the local port listens
 * and the data channel is up (not yet: that the database answers), and has
 * pushed its own undo. It rejects with PORT_IN_USE, TIMEOUT, SESSION_FAILED,
 * TUNNEL_LOST, DATABASE_UNREACHABLE or PROTOCOL, and has then undone all of its own.
 */
export interface SessionEngine {
  readonly id: SessionEngineId
  open(carry: Carry, run: Run): Promise<Session>
}
