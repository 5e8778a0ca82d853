import type {LoginCheck, LoginOutcome} from '../database-kind.js'

/** What psql is run with to find out whether it is let in; it reads no psqlrc, and asks nobody. */
const ARGUMENTS = [
  '--no-psqlrc',
  '--no-password',
  '--tuples-only',
  '--no-align',
  '--command',
  // The role is RDS's own: an RDS Proxy or another server may not have it.
  "select exists (select from pg_roles where rolname = 'rds_iam' and pg_has_role(oid, 'member')), current_user",
] as const

/** Words of libpq in English, whatever the user's language: they are read here. */
const ENVIRONMENT = {LC_ALL: 'C', PGCONNECT_TIMEOUT: '15'} as const

/** By psql. */
export const loginCheck: LoginCheck = {
  argv: ARGUMENTS,
  env: ENVIRONMENT,
  read({code, stdout, stderr}) {
    const [, isMember, user] = /^([tf])\|(.*)$/m.exec(stdout) ?? []
    if (code === 0 && user !== undefined) return {kind: 'in', user, isByIam: isMember === 't'}
    return refusalIn(wordsOf(stderr))
  },
}

/** What the database's words say of a login that it has refused. */
export function refusalIn(words: string): Exclude<LoginOutcome, {kind: 'in'}> {
  if (/PAM authentication failed/.test(words)) return {kind: 'refused-by-iam', words}
  if (/password authentication failed|no password supplied/.test(words)) return {kind: 'asked-for-password', words}
  return {kind: 'failed', words}
}

/** The first line that says something, without what psql puts before it. */
function wordsOf(stderr: string): string {
  const line = stderr.split('\n').find((one) => one.trim() !== '') ?? 'psql said nothing.'
  return line.replace(/^.*?(?:FATAL|ERROR):\s*/, '').replace(/^psql: (?:error: )?/, '')
}
