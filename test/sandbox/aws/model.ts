import {type DatabaseUser} from '../database/endpoint.js'
import {type Policy} from './policy.js'

/**
 * What one AWS account holds in the sandbox's region, as the services describe it. Tests may change it while the
 * sandbox runs: every answer is made from it afresh.
 */
export interface Account {
  /** Twelve digits. */
  readonly id: string
  readonly databases: Database[]
  readonly clusters: Cluster[]
  /** In whatever region they write: RDS tells of them in all of their regions. */
  readonly globalDatabases: GlobalDatabase[]
  readonly instances: Instance[]
  readonly nodes: ManagedNode[]
  readonly securityGroups: SecurityGroup[]
  readonly identities: Identity[]
  /** Session Manager takes on-premises nodes (`mi-…`) only in the advanced tier. */
  advancedTier: boolean
}

export interface Database {
  readonly id: string
  readonly engine: string
  readonly engineVersion: string
  status: string
  /** None while the database is being created. */
  readonly host?: string | undefined
  readonly port: number
  /** `db-…` */
  readonly resourceId: string
  readonly clusterId?: string | undefined
  readonly vpcId: string
  /** None while the database is being created. */
  readonly zone?: string | undefined
  iamLogin: boolean
  readonly databaseName?: string | undefined
  readonly securityGroupIds: readonly string[]
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** Who can log in; a database that has no users is described and never served. */
  readonly users: readonly DatabaseUser[]
}

export interface Cluster {
  readonly id: string
  readonly engine: string
  readonly engineVersion: string
  status: string
  readonly port: number
  /** `cluster-…` */
  readonly resourceId: string
  iamLogin: boolean
  readonly databaseName?: string | undefined
  readonly writerHost: string
  readonly readerHost: string
  readonly members: readonly {readonly instanceId: string; readonly writer: boolean}[]
  readonly customEndpoints: readonly CustomEndpoint[]
  readonly securityGroupIds: readonly string[]
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly users: readonly DatabaseUser[]
}

export interface GlobalDatabase {
  readonly id: string
  /** Its writer endpoint. */
  readonly host: string
  /** One of the account's clusters. */
  writerId: string
  /** Regions that it is in, beside that of the sandbox. */
  readonly otherRegions: readonly string[]
}

export interface CustomEndpoint {
  readonly id: string
  readonly host: string
  readonly kind: 'READER' | 'ANY'
  readonly status: string
  readonly staticMembers: readonly string[]
  readonly excludedMembers: readonly string[]
}

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated'

export interface Instance {
  /** `i-…` */
  readonly id: string
  state: InstanceState
  /** A terminated instance has none. */
  readonly vpcId?: string | undefined
  readonly zone: string
  readonly tags: Readonly<Record<string, string>>
  readonly securityGroupIds: readonly string[]
  readonly privateAddress?: string | undefined
}

/** Systems Manager's view of a machine. */
export interface ManagedNode {
  /** `i-…` or `mi-…` */
  readonly id: string
  ping: 'Online' | 'ConnectionLost' | 'Inactive'
  readonly agentVersion: string
  /** Tags of an on-premises node; an instance has its own. */
  readonly tags: Readonly<Record<string, string>>
  /** What Session Manager finds when it calls the agent: the inventory may be minutes behind. */
  connected: boolean
}

export interface SecurityGroup {
  /** `sg-…` */
  readonly id: string
  readonly name: string
  readonly vpcId: string
  /** Who may come in, by port; all else is dropped in silence. */
  readonly ingress: readonly IngressRule[]
  /** Ports to which it lets out, to anywhere; all of them unless given. */
  readonly egressPorts?: readonly number[] | undefined
}

export interface IngressRule {
  readonly port: number
  readonly fromGroups: readonly string[]
  readonly fromCidrs?: readonly string[] | undefined
}

export interface Identity {
  /** How tests call it. */
  readonly name: string
  readonly kind: 'user' | 'assumed-role'
  /** Of the role, when it is one. */
  readonly roleName?: string | undefined
  /** IAM user name, or the role's session name. */
  readonly sessionName: string
  /** `AIDA…` of a user, `AROA…` of a role. */
  readonly uniqueId: string
  readonly policies: readonly Policy[]
  readonly principalTags: Readonly<Record<string, string>>
  /** How long issued keys live, in milliseconds from the sandbox's start; negative for keys that have expired. */
  readonly keyLifetimeMs?: number | undefined
}

/** What STS calls the caller: `arn:aws:sts::…:assumed-role/Engineer/alice` or `arn:aws:iam::…:user/bob`. */
export function arnOf(account: Account, identity: Identity): string {
  return identity.kind === 'user'
    ? `arn:aws:iam::${account.id}:user/${identity.sessionName}`
    : `arn:aws:sts::${account.id}:assumed-role/${identity.roleName}/${identity.sessionName}`
}

/** IAM's `aws:userid`. */
export function userIdOf(identity: Identity): string {
  return identity.kind === 'user' ? identity.uniqueId : `${identity.uniqueId}:${identity.sessionName}`
}

export function tagsOfNode(account: Account, nodeId: string): Readonly<Record<string, string>> {
  const instance = account.instances.find(({id}) => id === nodeId)
  return instance?.tags ?? account.nodes.find(({id}) => id === nodeId)?.tags ?? {}
}
