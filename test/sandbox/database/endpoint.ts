/** One database endpoint of the account, as RDS would describe it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** `db-…` or `cluster-…`: what `rds-db:connect` names. */
  readonly resourceId: string
  readonly iamLogin: boolean
  /** PostgreSQL unless given. */
  readonly mysql?: MysqlFamily | undefined
  readonly databaseName: string
  readonly users: readonly DatabaseUser[]
  /**
   * The names by which the server knows itself: in its certificate and in the tokens it takes. Its host alone unless
   * given; an Aurora custom endpoint leads to a server that does not know that name.
   */
  readonly names?: readonly string[] | undefined
}

/** As what a MySQL or MariaDB server greets. */
export interface MysqlFamily {
  readonly family: 'mysql' | 'mariadb'
  /** Such as `8.4.3`. */
  readonly version: string
}

export interface DatabaseUser {
  readonly name: string
  /** Whether it logs in by IAM: in PostgreSQL the role was granted `rds_iam`, in MySQL it has AWSAuthenticationPlugin. */
  readonly rdsIam: boolean
}

/** What AWS knows of an access key. */
export interface KeyHolder {
  readonly secretKey: string
  /** Of temporary keys. */
  readonly sessionToken?: string | undefined
  /** When temporary keys end, in milliseconds since 1970. */
  readonly expiresAt?: number | undefined
  /** Whether a policy allows `rds-db:connect` on this resource id and database user. */
  canConnect(resourceId: string, user: string): boolean
}

/** What decides whether a password is a valid token. */
export interface Verifier {
  readonly region: string
  identify(accessKeyId: string): KeyHolder | undefined
  /** The sandbox's clock, in milliseconds since 1970. */
  now(): number
}
