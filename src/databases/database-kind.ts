import type {ProbeRequest} from '../core/ports/network.js'

/** One kind of database: which RDS engines it is, how it is probed, which client opens it. A file in engines/ each. */
export interface DatabaseEngine {
  readonly id: string
  readonly defaultPort: number
  readonly defaultDatabase: string
  /** RDS's engine words, such as `postgres` and `aurora-postgresql`. */
  matches(rdsEngine: string): boolean
  readonly preamble: ProbeRequest['preamble']
}
