import {LIMITS} from '../session-limits.js'

/** What holds in a session that begins read-only, until someone in it says otherwise. */
const GUARD_RAILS = {
  default_transaction_read_only: 'on',
  statement_timeout: LIMITS.statement,
  lock_timeout: LIMITS.lock,
  idle_in_transaction_session_timeout: LIMITS.idleTransaction,
} as const

/** The same for PGOPTIONS. */
export const GUARD_OPTIONS: string = Object.entries(GUARD_RAILS)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')

/** What to say where sessions are to be read-only, and nobody knows whether the program goes by PGOPTIONS. */
export function guardCaveat(program: string): string {
  return `Sessions are read-only for clients that use libpq; whether ${program} does, dbtunnel does not know.`
}
