/** What holds in a session that begins read-only, until someone in it says otherwise. */
const GUARD_RAILS = {
  default_transaction_read_only: 'on',
  // A forgotten query does not load the database for the night,
  statement_timeout: '5min',
  // a lock that is not free does not make others queue behind us,
  lock_timeout: '5s',
  // and an open transaction holds up no vacuum.
  idle_in_transaction_session_timeout: '5min',
} as const

/** The same for PGOPTIONS. */
export const GUARD_OPTIONS: string = Object.entries(GUARD_RAILS)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')

/** The same for a sentence: `statement_timeout 5min, lock_timeout 5s, …` */
export const GUARD_LIMITS: string = Object.entries(GUARD_RAILS)
  .filter(([name]) => name.endsWith('timeout'))
  .map(([name, value]) => `${name} ${value}`)
  .join(', ')

/** What to say where sessions are to be read-only, and nobody knows whether the program goes by PGOPTIONS. */
export function guardCaveat(program: string): string {
  return `Sessions are read-only for clients that use libpq; whether ${program} does, dbtunnel does not know.`
}
