import type {CallerIdentity} from '../core/ports/aws.js'
import type {TunnelRecord} from '../core/results/tunnel-record.js'
import type {AutoLoginPlace} from '../databases/auto-login.js'
import type {Connection} from '../databases/connection.js'
import type {FreshLogin} from '../databases/keep-login-fresh.js'
import type {NameMapping, NameOptions} from '../hosts/map-name.js'
import type {Settings} from '../settings/settings.js'
import type {Target} from '../targets/target.js'
import type {OpenedSession, Connector} from './connector.js'
import type {DiscoveryRequest} from './discovery/discover.js'
import type {LocalEnd} from './listener/listener.js'
import type {LoginService} from './listener/login-listener.js'
import type {RunRecord} from './registry/record-run.js'

export interface TunnelRequest extends DiscoveryRequest {
  readonly command: TunnelRecord['command']
  /** A client that takes an address needs no line in the hosts file. */
  readonly takesAddress: NameOptions['takesAddress']
  /** Throws where what the tunnel is for cannot talk to this database. Asked before anything is opened. */
  readonly checkTarget?: ((target: Target) => void) | undefined
  /** Whether the local end logs in by itself, and clients need no name and no token. */
  readonly isAutoLogin?: boolean | undefined
  /** Whether the local password is replaced by another one from now on. */
  readonly isPasswordRenewed?: boolean | undefined
}

/** A database within reach: verified, named and with its password in place. */
export interface Tunnel {
  readonly target: Target
  readonly localEnd: LocalEnd
  /** Where the local end leads, to begin with. */
  readonly opened: OpenedSession
  /** To another session, when this one is lost. */
  readonly connector: Connector
  /** Unknown when the user was named: then AWS was not asked. */
  readonly caller?: CallerIdentity | undefined
  readonly user: string
  readonly database: string
  /** How clients find the endpoint's name; where the local end logs in by itself they need not. */
  readonly mapping: NameMapping | {readonly via: 'auto-login'}
  /** The files that hold its token. */
  readonly login: FreshLogin
  /** Where others read of it. */
  readonly record: Pick<RunRecord, 'note'>
  /** Path of the PEM file with the authorities to trust. */
  readonly authoritiesFile: string
  /** Of `homeFiles` of the database's kind, those that the user has. */
  readonly homeFiles: readonly string[]
  /**
   * For a login that was refused nevertheless: forgets the database, and asks AWS again when the tunnel was opened on what
   * an earlier run had found out. Undefined when it was not. Rejects as resolving does.
   */
  readonly lookAgain: () => Promise<Login | undefined>
  /** Where the local end logs in by itself. */
  readonly autoLogin?: AutoLoginEnd | undefined
}

/** A local end that logs in by itself. */
export interface AutoLoginEnd {
  readonly place: AutoLoginPlace
  /** Path of the socket. */
  readonly socket: string
  /** From now on programs are let in. */
  begin(told: Pick<LoginService, 'loggedIn' | 'loggedOut'>): void
  /** Why there is no way to the database now; undefined when there is one. */
  tellWay(why: string | undefined): void
}

/** Where one logs in, and as whom. */
export type Login = Pick<Tunnel, 'target' | 'caller' | 'user' | 'database'>

/** The tunnel as a client has to know it. */
export function connectionOf(
  tunnel: Tunnel,
  {sslmode, reason, readOnly}: Pick<Settings, 'sslmode' | 'reason' | 'readOnly'>,
): Omit<Connection, 'target'> {
  return {
    reason,
    readOnly,
    host: tunnel.target.endpoint.host,
    localPort: tunnel.localEnd.port,
    user: tunnel.user,
    database: tunnel.database,
    sslmode,
    mapping: tunnel.mapping.via === 'hosts' ? 'hosts' : 'hostaddr',
    authoritiesFile: tunnel.authoritiesFile,
    homeFiles: tunnel.homeFiles,
    loginFiles: tunnel.login.files,
  }
}
