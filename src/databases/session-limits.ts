/** How long things may take in a session that begins read-only, whatever kind of database it is. */
export const LIMITS = {
  // A forgotten query does not load the database for the night,
  statement: '5min',
  // a lock that is not free does not make others queue behind us,
  lock: '5s',
  // and an open transaction holds up no vacuum.
  idleTransaction: '5min',
} as const

/** The same for a sentence. */
export const SESSION_LIMITS = `${LIMITS.statement} for a statement, ${LIMITS.lock} to wait for a lock, ${LIMITS.idleTransaction} for an idle transaction`

/** The notice for read-only sessions of a program that may not read its settings from there. */
export function guardCaveat(program: string): string {
  return `Read-only may not apply to ${program}: only programs that read their settings from the environment obey it.`
}
