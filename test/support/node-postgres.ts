import {createRequire} from 'node:module'

/** What tests use of node-postgres, which brings no types. */
export interface PgClient {
  connect(): Promise<void>
  query(sql: string): Promise<{readonly rows: readonly Record<string, unknown>[]}>
  end(): Promise<void>
  /** The key by which its query is cancelled. */
  readonly processID: number
  readonly secretKey: number
}

interface PgOptions {
  readonly connectionString?: string
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly database?: string
  readonly password?: string
}

/** A program that speaks PostgreSQL's protocol without libpq. */
export function pgClient(options: PgOptions): PgClient {
  const {Client} = createRequire(import.meta.url)('pg') as {Client: new (options: PgOptions) => PgClient}
  return new Client(options)
}
