import {LIMITS} from '../session-limits.js'

/** Settings of a session that begins read-only. */
export const GUARD_RAILS = {
  default_transaction_read_only: 'on',
  statement_timeout: LIMITS.statement,
  lock_timeout: LIMITS.lock,
  idle_in_transaction_session_timeout: LIMITS.idleTransaction,
} as const

/** The same for PGOPTIONS. */
export const GUARD_OPTIONS: string = Object.entries(GUARD_RAILS)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')
