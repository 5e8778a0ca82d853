import type {Endpoint} from '../ports/aws.js'

/** A tunnel that is ready, as `open` tells of it. These names are stable: `--json` prints them. */
export interface OpenedTunnel {
  /** As the user typed it. */
  readonly target: string
  readonly endpoint: Endpoint
  /** On 127.0.0.1; of a local end that is a socket alone, the number in its name. */
  readonly localPort: number
  readonly bastion: {readonly id: string; readonly name?: string | undefined}
  /** The id of the session at Session Manager. */
  readonly session: string
  readonly engine: 'plugin' | 'native'
  readonly user: string
  readonly database: string
  readonly region: string
  /**
   * How clients find the endpoint's name: in the hosts file, or by the address, which only some of them take. Where the local
   * end logs in by itself they need no name.
   */
  readonly via: 'hosts' | 'hostaddr' | 'auto-login'
  /** Where the local end logs in by itself: paths of the socket and of the file with the local password, and the port. */
  readonly autoLogin?:
    | {
        readonly socket: string
        /** On 127.0.0.1; missing where that was not asked for. */
        readonly port?: number | undefined
        readonly passwordFile?: string | undefined
      }
    | undefined
  /** Whether sessions begin read-only. */
  readonly readOnly: boolean
  readonly reason?: string | undefined
  /** Whether programs of other users may connect; missing where they may not. */
  readonly allowOtherUsers?: true | undefined
  /** Variables that clients would follow in the place of these. */
  readonly unset?: readonly string[] | undefined
  /** What a client needs in its environment, in the order to print: its kind's variables, and DBTUNNEL_URL for others. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * `up`: the database answers. `replacing`: the session was lost, and another is on its way. `asleep`: Session Manager has
 * ended it, for nobody used it; the next connection brings another. `waiting-for-credentials`: those of AWS have expired,
 * and until there are new ones connections to the local port are reset.
 */
export type TunnelState = 'up' | 'replacing' | 'asleep' | 'waiting-for-credentials'

/** How a tunnel is now, and what it has carried for the user's programs. These names are stable. */
export interface TunnelStatus {
  /** As the user typed it. */
  readonly target: string
  readonly localPort: number
  readonly state: TunnelState
  /** When it came into this state, in milliseconds since the epoch. */
  readonly since: number
  /** Why it is not up: one sentence. */
  readonly why?: string | undefined
  /** Of the session that carries it, or of the last one that did. */
  readonly bastion: OpenedTunnel['bastion']
  readonly session: string
  /** Connections now. */
  readonly open: number
  /** Connections since it is ready. */
  readonly opened: number
  readonly bytesUp: number
  readonly bytesDown: number
  /** Milliseconds since it is ready. */
  readonly ageMs: number
}
