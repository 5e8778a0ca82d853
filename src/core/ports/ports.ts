import type {RecordedAccount} from '../results/tunnel-record.js'
import type {Say} from '../run.js'
import type {ApprovalPort} from './approvals.js'
import type {AuditPort} from './audit.js'
import type {AwsApi, LeftSessions} from './aws.js'
import type {BackgroundPort} from './background.js'
import type {CachePort} from './cache.js'
import type {Clock} from './clock.js'
import type {ConfigFiles} from './config-files.js'
import type {PrivateFiles} from './files.js'
import type {HelperInstaller, HostsFile, HostsHelperPort} from './hosts.js'
import type {ConnectionBudget} from '../connection-budget.js'
import type {
  ConnectionOwners,
  DialPort,
  ListenPort,
  LocalNetworks,
  PortOwners,
  Prober,
  Resolver,
  SocketPort,
  TlsPort,
  WebSocketPort,
} from './network.js'
import type {OutputFolderPort, OutputStream} from './output.js'
import type {OverflowPort} from './overflow.js'
import type {Person} from './person.js'
import type {LocalPasswords, SocketFolders} from './local-login.js'
import type {ProcessPort} from './process.js'
import type {SignalPort} from './signals.js'
import type {StatePort} from './state.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where what was not said on the command line comes from. */
export interface SettingsPorts {
  /** The user's, as it was given to dbtunnel. */
  readonly env: Environment
  /** What a relative path is relative to. */
  readonly cwd: string
  readonly configFiles: ConfigFiles
  /** The region that a profile of the AWS files names (without a name: the profile in force). Rejects for an unknown profile. */
  profileRegion(profile: string | undefined): Promise<string | undefined>
  /** The account that a profile's credentials are for, where its settings say so. */
  profileAccount(profile: string | undefined): Promise<string | undefined>
  readonly say: Pick<Say, 'notice'>
  /** The names that a host name leads to, one CNAME after the other, in lower case; none where DNS knows of none, or is slow. */
  aliasesOf(host: string): Promise<readonly string[]>
}

/**
 * The outside world, as one run of dbtunnel has it: `openApp` makes it, and flows hand it down. A function that needs less
 * says so: `Pick<Ports, 'clock' | 'state'>`.
 */
export interface Ports {
  readonly approvals: ApprovalPort
  readonly audit: AuditPort
  /** AWS as one profile, in one region. */
  awsFor(account: {readonly profile?: string | undefined; readonly region: string}): AwsApi
  readonly background: BackgroundPort
  readonly cache: CachePort
  readonly clock: Clock
  readonly connectionOwners: ConnectionOwners
  /** For all local ports of this process together. */
  readonly connections: ConnectionBudget
  readonly dial: DialPort
  /** The user's, as it was given to dbtunnel. */
  readonly environment: Environment
  readonly files: PrivateFiles
  /** Whether our standard streams have a terminal that a client could use. */
  readonly hasTerminal: boolean
  readonly helperInstaller: HelperInstaller
  readonly hostsFile: HostsFile
  readonly hostsHelper: HostsHelperPort
  readonly listen: ListenPort
  readonly localPasswords: LocalPasswords
  readonly networks: LocalNetworks
  /** Such as `20.19.0`. */
  readonly nodeVersion: string
  readonly outputFolder: OutputFolderPort
  readonly outputs: {readonly stdout: OutputStream; readonly stderr: OutputStream}
  readonly overflow: OverflowPort
  readonly person: Person
  readonly platform: NodeJS.Platform
  readonly portOwners: PortOwners
  readonly socketFolders: SocketFolders
  readonly sockets: SocketPort
  readonly tls: TlsPort
  readonly prober: Prober
  readonly process: ProcessPort
  readonly resolver: Resolver
  readonly say: Say
  readonly signals: SignalPort
  readonly sources: SettingsPorts
  /** Systems Manager as an earlier run had asked it. */
  ssmOf(account: RecordedAccount): LeftSessions
  readonly state: StatePort
  readonly webSocket: WebSocketPort
}

/** The same, for what one AWS account is asked. */
export interface AccountPorts extends Ports {
  readonly aws: AwsApi
}
