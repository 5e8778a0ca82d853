/** What psql is run with to find out whether it is let in; it reads no psqlrc, and asks nobody. */
export const LOGIN_CHECK_ARGUMENTS = [
  '--no-psqlrc',
  '--no-password',
  '--tuples-only',
  '--no-align',
  '--command',
  // The role is RDS's own: an RDS Proxy or another server may not have it.
  "select exists (select from pg_roles where rolname = 'rds_iam' and pg_has_role(oid, 'member')), current_user",
] as const

/** Words of libpq in English, whatever the user's language: they are read here. */
export const LOGIN_CHECK_ENVIRONMENT = {LC_ALL: 'C', PGCONNECT_TIMEOUT: '15'} as const

/** `words` are the database's own. */
export type LoginOutcome =
  | {readonly kind: 'in'; readonly user: string; readonly isMember: boolean}
  /** The database asked IAM, which it does for members of `rds_iam` alone. */
  | {readonly kind: 'refused-by-iam'; readonly words: string}
  /** It compared the token with a password of its own: the user is no member of `rds_iam`, or there is none. */
  | {readonly kind: 'asked-for-password'; readonly words: string}
  /** Something else, such as a database that does not exist. */
  | {readonly kind: 'failed'; readonly words: string}

/** What came of such a psql. */
export function readLoginCheck(psql: {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}): LoginOutcome {
  const [, isMember, user] = /^([tf])\|(.*)$/m.exec(psql.stdout) ?? []
  if (psql.code === 0 && user !== undefined) return {kind: 'in', user, isMember: isMember === 't'}
  const words = wordsOf(psql.stderr)
  if (/PAM authentication failed/.test(words)) return {kind: 'refused-by-iam', words}
  if (/password authentication failed|no password supplied/.test(words)) return {kind: 'asked-for-password', words}
  return {kind: 'failed', words}
}

/** The first line that says something, without what psql puts before it. */
function wordsOf(stderr: string): string {
  const line = stderr.split('\n').find((one) => one.trim() !== '') ?? 'psql said nothing.'
  return line.replace(/^.*?(?:FATAL|ERROR):\s*/, '').replace(/^psql: (?:error: )?/, '')
}
