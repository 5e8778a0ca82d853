import type {Bastion} from '../bastions/bastion.js'
import type {DbtunnelError} from '../core/errors.js'
import type {SessionGrant} from '../core/ports/aws.js'
import type {LocalSocket} from '../core/ports/network.js'
import type {Run} from '../core/run.js'
import type {StepLimits} from './session/step-limits.js'

export type CarrierId = 'plugin' | 'native'

/** Why a link is over; no error when it was closed on purpose. */
export interface LinkEnd {
  readonly error?: DbtunnelError | undefined
  /** Session Manager has ended it (nobody used it, or its time was up), and holds nothing of it any more. */
  readonly byService?: boolean | undefined
}

/** A way to the database, for as long as it lasts. */
export interface Link {
  /** That of its session. */
  readonly id: string
  /** What it goes through. */
  readonly via: {readonly kind: 'session'; readonly bastion: Bastion; readonly carrier: CarrierId}
  /** Settles once, when the link has ended for whatever reason. Never rejects. */
  readonly closed: Promise<LinkEnd>
  /** How many connections the agent has reported as failed: it did not get through to the database. */
  readonly failedDials?: (() => number) | undefined
  /**
   * Whether the agent gets a connection to the database within so many milliseconds: one that carries nothing. Missing
   * where its carrier does not show it.
   */
  readonly dials?: ((ms: number) => Promise<boolean>) | undefined
  /** Takes a connection of a local program to the database; once the link has ended, resets it. */
  readonly accept: (socket: LocalSocket) => void
  /** Has this called whenever the line to Session Manager was lost and is back, as far as its carrier can tell. */
  readonly onResumed?: ((resumed: () => void) => void) | undefined
  /**
   * For how many milliseconds the agent on the bastion has acknowledged nothing of what it was sent; 0 when it has all.
   * Missing where its carrier does not show it.
   */
  readonly unheard?: (() => number) | undefined
  /** For how many milliseconds there has been no line to Session Manager; 0 while there is one. Missing where its carrier does not show it. */
  readonly outage?: (() => number) | undefined
  /** After a stop (SIGCONT): finds out whether the channel still lives, and resumes it when not. */
  check(): Promise<void>
  /** Ends it at once on this machine. Ending it at AWS is an undo step of its own. */
  close(): Promise<void>
}

/** What a carrier needs to carry a session that StartSession has granted. */
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
  readonly limits: Pick<StepLimits, 'webSocketMs' | 'handshakeMs'>
}

/**
 * One way of carrying a session. `open` resolves when the data channel is up
 * (not yet: that the database answers), and has pushed its own undo. It rejects
 * with PLUGIN_UNUSABLE, TIMEOUT, SESSION_FAILED, TUNNEL_LOST,
 * DATABASE_UNREACHABLE or PROTOCOL, and has then undone all of its own.
 */
export interface Carrier {
  readonly id: CarrierId
  open(carry: Carry, run: Run): Promise<Link>
}
