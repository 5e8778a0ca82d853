/** All that one account's region has to connect to, as `dbtunnel list --json` prints it: its names are stable. */
export interface Listing {
  readonly region: string
  /** By name; what belongs to a cluster comes right behind it. */
  readonly databases: readonly ListedDatabase[]
  /** Of the config files: names that none of these databases has, for they are elsewhere, or not there. */
  readonly configured: readonly ListedName[]
}

export interface ListedName {
  readonly target: string
  /** The RDS identifier or endpoint. */
  readonly standsFor: string
  readonly tags: Tags
  readonly open: ListedTunnel | null
}

export type Tags = Readonly<Record<string, string>>

/** A tunnel of this machine that leads there now. */
export interface ListedTunnel {
  readonly localPort: number
  /** `open`, `exec`, or that of a client, such as `psql`. */
  readonly command: string
  readonly pid: number
}

/** One endpoint. What AWS does not say, or not to this caller, is null. */
export interface ListedDatabase {
  /** What to type. */
  readonly target: string
  readonly kind: 'instance' | 'cluster' | 'reader' | 'custom' | 'member'
  /** Of an endpoint or a member: the cluster that it belongs to. */
  readonly cluster: string | null
  /** RDS's engine word. */
  readonly engine: string
  /** Whether dbtunnel can open it. */
  readonly supported: boolean
  /** RDS's status word. */
  readonly status: string
  readonly iamLogin: boolean
  readonly vpcId: string | null
  readonly zone: string | null
  readonly host: string | null
  readonly port: number | null
  /** In RDS, and those of the config files over them. */
  readonly tags: Tags
  /** That the config files have for it. */
  readonly names: readonly string[]
  readonly open: ListedTunnel | null
  readonly bastion: ListedBastion
}

/** Whether a bastion can lead there now. */
export interface ListedBastion {
  /** Null when it cannot be known. */
  readonly usable: boolean | null
  /** The one that would be taken first. */
  readonly id: string | null
  readonly name: string | null
  /** When there is none: of each candidate in the VPC why not. */
  readonly refusals: readonly string[]
}
