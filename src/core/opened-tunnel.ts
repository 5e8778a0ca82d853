import type {Endpoint} from './ports/aws.js'

/** A tunnel that is ready, as `open` tells of it. These names are stable: `--json` prints them. */
export interface OpenedTunnel {
  /** As the user typed it. */
  readonly target: string
  readonly endpoint: Endpoint
  /** On 127.0.0.1. */
  readonly localPort: number
  readonly bastion: {readonly id: string; readonly name?: string | undefined}
  /** The id of the session at Session Manager. */
  readonly session: string
  readonly engine: 'plugin' | 'native'
  readonly user: string
  readonly database: string
  readonly region: string
  /** How clients find the endpoint's name: in the hosts file, or by PGHOSTADDR, which only libpq reads. */
  readonly via: 'hosts' | 'hostaddr'
  /** What a libpq client needs in its environment, in the order to print. */
  readonly env: Readonly<Record<string, string>>
}

/** What a tunnel has carried for the user's programs. */
export interface TunnelUse {
  readonly target: string
  readonly localPort: number
  /** Connections now. */
  readonly open: number
  /** Connections since it is ready. */
  readonly opened: number
  readonly bytesUp: number
  readonly bytesDown: number
  /** Milliseconds since it is ready. */
  readonly ageMs: number
}
