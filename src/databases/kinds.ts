import type {DatabaseEngine} from './database-kind.js'
import {postgres} from './postgres/postgres.js'

/** Every folder here: a list and not a folder listing, for it must survive bundling. */
export const engines: readonly DatabaseEngine[] = [postgres]

/** The engine for RDS's engine word (an id is one, too); undefined for one that dbtunnel does not support. */
export function engineOf(rdsEngine: string): DatabaseEngine | undefined {
  return engines.find((engine) => engine.matches(rdsEngine))
}
