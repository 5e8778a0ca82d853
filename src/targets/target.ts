import type {Endpoint} from '../core/ports/aws.js'

/** Where a database is, as far as a bastion has to lead there. */
export type Place = Pick<Target, 'name' | 'resourceId' | 'region' | 'profile' | 'vpcId' | 'zone'>

/** One database, resolved: what every later stage needs to know of it. */
export interface Target {
  /** As the user typed it. */
  readonly name: string
  /** Id of a database kind, such as `postgres`. */
  readonly databaseKind: string
  /** The database's own name and port: what the agent dials, the certificate names and the token is signed for. */
  readonly endpoint: Endpoint
  /** `db-…` or `cluster-…`, for the rds-db:connect statement; unknown when nothing was described. */
  readonly resourceId?: string | undefined
  readonly region: string
  /** The profile that it was found with, for commands in hints. */
  readonly profile?: string | undefined
  readonly vpcId?: string | undefined
  readonly zone?: string | undefined
  /** The database to open when the user named none. */
  readonly defaultDatabase: string
  readonly securityGroupIds: readonly string[]
  /** The user that RDS made with the database; unknown when nothing was described. */
  readonly masterUser?: string | undefined
}
