/**
 * AWS as the stages see it: plain records, every page already followed. Each
 * method rejects with a DbtunnelError (ACCESS_DENIED naming the action and the
 * policy statement, CREDENTIALS_*, AWS_THROTTLED after backoff,
 * AWS_UNREACHABLE, AWS_FAILED) unless it says otherwise.
 */
export interface AwsApi {
  readonly rds: RdsApi
  readonly ec2: Ec2Api
  readonly ssm: SsmApi
  readonly sts: StsApi
  readonly signing: SigningApi
  readonly login: LoginApi
  /** The same credentials in another region. */
  in(region: string): AwsApi
  /**
   * Whom AWS answers, and where, as a digest of all settings that decide it (which may change at any time: two runs of
   * the same scope ask as the same profile, role or key at the same endpoints). Undefined when more than settings
   * decides, such as the role of the machine.
   */
  scope(): Promise<string | undefined>
  /** Whether expired credentials can be followed by others while this process runs: not those of its environment. */
  mayRenewCredentials(): boolean
  /** A text that is another one after a login on this machine. Asks nobody. */
  loginMark(): Promise<string>
  /** AWS's time less this machine's in milliseconds, as far as answers have shown; 0 before the first, and while it is small. */
  clockOffset(): number
}

export interface Endpoint {
  /** Lower case host name. */
  readonly host: string
  readonly port: number
}

export interface DatabaseInstance {
  readonly id: string
  readonly arn?: string | undefined
  /** RDS's engine word: `postgres`, `aurora-postgresql`, `mysql`, … */
  readonly engine: string
  /** RDS's status word: `available`, `stopped`, `creating`, … */
  readonly status: string
  /** Missing while the instance is being created. */
  readonly endpoint?: Endpoint | undefined
  /** `db-…` */
  readonly resourceId: string
  readonly clusterId?: string | undefined
  readonly vpcId?: string | undefined
  readonly zone?: string | undefined
  readonly iamLogin: boolean
  readonly databaseName?: string | undefined
  readonly masterUser?: string | undefined
  readonly securityGroupIds: readonly string[]
  readonly tags?: Readonly<Record<string, string>> | undefined
}

export interface DatabaseCluster {
  readonly id: string
  readonly arn?: string | undefined
  /** Of the global database that it is a part of. */
  readonly globalId?: string | undefined
  readonly engine: string
  readonly status: string
  readonly port: number
  readonly writerHost?: string | undefined
  readonly readerHost?: string | undefined
  /** `cluster-…`: members log in under this id, too. */
  readonly resourceId: string
  readonly iamLogin: boolean
  readonly databaseName?: string | undefined
  readonly masterUser?: string | undefined
  readonly members: readonly {readonly instanceId: string; readonly writer: boolean}[]
  readonly tags?: Readonly<Record<string, string>> | undefined
}

export interface ClusterEndpoint {
  /** Set for custom endpoints only. */
  readonly id?: string | undefined
  readonly clusterId?: string | undefined
  readonly host: string
  readonly kind: 'WRITER' | 'READER' | 'CUSTOM'
  /** For CUSTOM: which kind of member it may serve. */
  readonly customKind?: 'READER' | 'ANY' | 'WRITER' | undefined
  readonly status: string
  /** Members named for it; empty means all but `excludedMembers`. */
  readonly staticMembers: readonly string[]
  readonly excludedMembers: readonly string[]
}

export interface GlobalDatabase {
  readonly id: string
  /** Its writer endpoint, in lower case; missing while it is being made. */
  readonly host?: string | undefined
  /** ARN of the cluster that writes. */
  readonly writer?: string | undefined
}

export interface RdsApi {
  /** Undefined when there is no such instance. */
  instance(id: string, signal?: AbortSignal): Promise<DatabaseInstance | undefined>
  /** The member instances of a cluster; empty when there is none. */
  clusterMembers(clusterId: string, signal?: AbortSignal): Promise<readonly DatabaseInstance[]>
  /** Undefined when there is no such cluster. */
  cluster(id: string, signal?: AbortSignal): Promise<DatabaseCluster | undefined>
  /** Empty when there is no such cluster; those of all clusters when none is given. */
  clusterEndpoints(clusterId: string | undefined, signal?: AbortSignal): Promise<readonly ClusterEndpoint[]>
  /** Undefined when there is no such global database in this region and account. */
  globalDatabase(id: string, signal?: AbortSignal): Promise<GlobalDatabase | undefined>
  instances(signal?: AbortSignal): Promise<readonly DatabaseInstance[]>
  clusters(signal?: AbortSignal): Promise<readonly DatabaseCluster[]>
}

/** An EC2 filter: values may hold `*` and `?`; values are or-ed, filters and-ed. */
export interface Ec2Filter {
  readonly name: string
  readonly values: readonly string[]
}

export interface Ec2Instance {
  readonly id: string
  /** `running`, `stopped`, `terminated`, … */
  readonly state: string
  /** A terminated instance has none. */
  readonly vpcId?: string | undefined
  readonly zone?: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly securityGroupIds: readonly string[]
  readonly privateAddress?: string | undefined
}

/** Whom one rule of a security group lets in, or out to. */
export interface SecurityRule {
  /** `tcp`, `udp`, a protocol's number, or `-1` for all. */
  readonly protocol: string
  /** Both are missing where all ports are meant. */
  readonly fromPort?: number | undefined
  readonly toPort?: number | undefined
  readonly groupIds: readonly string[]
  readonly cidrs: readonly string[]
  /** What addresses they hold is not told with them. */
  readonly prefixListIds: readonly string[]
}

export interface SecurityGroup {
  /** `sg-…` */
  readonly id: string
  readonly ingress: readonly SecurityRule[]
  readonly egress: readonly SecurityRule[]
}

export interface Ec2Api {
  /** By filters, or by ids; ids that do not exist give an empty list. */
  instances(
    query: {ids: readonly string[]} | {filters: readonly Ec2Filter[]},
    signal?: AbortSignal,
  ): Promise<readonly Ec2Instance[]>
  /** By ids; those that do not exist are left out. */
  securityGroups(ids: readonly string[], signal?: AbortSignal): Promise<readonly SecurityGroup[]>
}

export interface ManagedNode {
  /** `i-…`, or `mi-…` for a machine outside EC2. */
  readonly id: string
  /** `Online`, `ConnectionLost` or `Inactive`. */
  readonly ping: string
  readonly agentVersion: string
  readonly name?: string | undefined
}

export interface StartSessionRequest {
  readonly target: string
  readonly document: string
  readonly parameters: Readonly<Record<string, readonly string[]>>
  readonly reason?: string | undefined
}

/** What StartSession grants. `tokenValue` and the query of `streamUrl` are secrets. */
export interface SessionGrant {
  readonly sessionId: string
  readonly tokenValue: string
  readonly streamUrl: string
}

export interface StartSessionAnswer extends SessionGrant {
  /**
   * Where AWS's own hosts of the region are, such as `eu-west-1.amazonaws.com`. Undefined when another endpoint was asked,
   * which the person has set.
   */
  readonly awsDomains: readonly string[] | undefined
}

/** StartSession said that the node is not connected, or why it starts no session on it: another bastion may do. */
export class TargetNotConnected extends Error {
  override readonly name = 'TargetNotConnected'
  /** AWS's own sentence, where it says more than that. */
  readonly told: string | undefined

  constructor(message: string, details: {cause?: unknown; told?: string | undefined} = {}) {
    super(message, {cause: details.cause})
    this.told = details.told
  }
}

export interface SsmApi {
  /** In chunks of what the API takes, all pages. Ids that SSM does not know are left out. */
  managedNodes(ids: readonly string[], signal?: AbortSignal): Promise<readonly ManagedNode[]>
  /**
   * Rejects with TargetNotConnected, too (also for a BadRequest, such as an agent gets that is too old for the document).
   * `signal` ends the waiting between attempts; a request under way is not broken off, for AWS may have granted it.
   * `sends` is called when an attempt leaves: each may have to wait for its turn.
   */
  startSession(request: StartSessionRequest, signal?: AbortSignal, sends?: () => void): Promise<StartSessionAnswer>
  /** Signs with fresh credentials. Only the token counts: the first stream URL stays (real plugin). */
  resumeSession(sessionId: string, signal?: AbortSignal): Promise<{readonly tokenValue: string}>
  /** A session that has ended already counts as success; one that AWS does not know, too, if it can only be of this account. */
  terminateSession(sessionId: string, signal?: AbortSignal): Promise<void>
  /** Ids of the open sessions on a node whose reason ends in this mark; all pages are looked through. */
  sessionsMarked(mark: string, node: string, signal?: AbortSignal): Promise<readonly string[]>
  /** The endpoint URL for the plugin's sixth argument; empty for the region's own. */
  endpointUrl(): Promise<string>
}

/** What an earlier run may have left, as that one had asked for it. */
export interface LeftSessions extends Pick<SsmApi, 'terminateSession' | 'sessionsMarked'> {
  /** Whether it is as good as sure that the account is that run's: what is not found does not exist then. */
  isSameCaller(): Promise<boolean>
}

export interface CallerIdentity {
  readonly account: string
  readonly arn: string
  /** The STS session name of an assumed role, else the IAM user's name. */
  readonly name: string
}

export interface StsApi {
  identity(signal?: AbortSignal): Promise<CallerIdentity>
}

/** How credentials come about where that may take a person. */
export interface LoginApi {
  /** Whether it may: for the code of an MFA device, or a login in the browser. Asks nobody. */
  mayTakePerson(): Promise<boolean>
  /** Gets them now; where an MFA device has to be asked for its code, `askCode` is called with that device's name. */
  obtain(askCode: (device: string) => Promise<string>): Promise<void>
  /** The words of the command that logs in again; undefined where there is none. */
  renewal(): Promise<readonly string[] | undefined>
  /** Whether a profile's credential_process gives them. Asks nobody. */
  startsProgram(): Promise<boolean>
}

export interface SigningApi {
  /** An RDS IAM token: 15 minutes, made without a call. Endpoint and port are the database's own. */
  databaseToken(login: {host: string; port: number; region: string; user: string}): Promise<string>
  /** SigV4 headers for a GET of `url` (wss or https), service `ssmmessages`, with fresh credentials. */
  upgradeHeaders(url: string): Promise<Record<string, string>>
}
