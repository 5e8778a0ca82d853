import type {BastionRule} from '../bastions/rule.js'
import type {TlsMode} from '../databases/tls-mode.js'
import type {NameMode} from '../hosts/name-mode.js'
import type {CarrierChoice} from '../links/session/carrier-choice.js'

/** What a run was asked to do, flags over DBTUNNEL_* over config files over PGUSER/PGDATABASE; checked, not yet resolved. */
export interface Settings {
  readonly profile?: string | undefined
  /** From the flag, DBTUNNEL_REGION, AWS_REGION, AWS_DEFAULT_REGION or the profile, in this order. */
  readonly region: string
  readonly user?: string | undefined
  readonly database?: string | undefined
  readonly bastion: BastionRule
  /** 0 when none was asked for. */
  readonly localPort: number
  /** The one that the config file has for what is kept open: others can be beside it. */
  readonly openPort?: number | undefined
  readonly resolve: NameMode
  readonly engine: CarrierChoice
  readonly sslmode: TlsMode
  /** Absolute path of a PEM file that adds authorities. */
  readonly caBundle?: string | undefined
  /** 1 to 234 characters, kept in the session history. */
  readonly reason?: string | undefined
  /** What the native engine sends up in a second at most; without it, its own default. */
  readonly uploadRate?: number | 'unlimited' | undefined
  /** Whether to use, and keep, what AWS has said of the database in earlier runs. */
  readonly cache: boolean
  /** For everything before the tunnel is ready, in milliseconds. */
  readonly timeoutMs: number
  /** When a tunnel that is kept open ends by itself: so long after it is ready, or after its last use; in milliseconds. */
  readonly ttlMs?: number | undefined
  readonly idleMs?: number | undefined
  /** Whether Session Manager shall see no idle session of a tunnel that is kept open. */
  readonly keepAlive?: boolean | undefined
  /** Whether programs of other users of this machine may connect, too. */
  readonly allowOtherUsers: boolean
  /** Whether the database's own port on 127.0.0.1 is taken, too, while the hosts file leads its name there. */
  readonly ownPort: boolean
  /** Names of the config files, for whoever mistypes one. */
  readonly configured?: readonly string[] | undefined
  /** Names of its groups, in lower case, for whoever takes one for a target. */
  readonly groups?: readonly string[] | undefined
  /** Guard rails of the config file, all off without one: whether it is called production, */
  readonly production: boolean
  /** whether sessions shall begin read-only, */
  readonly readOnly: boolean
  /** and whether nobody goes there without a reason. */
  readonly requireReason: boolean
}
