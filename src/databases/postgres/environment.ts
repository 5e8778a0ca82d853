import {dirname, join} from 'node:path'
import type {Connection} from '../connection.js'
import type {Inherited} from '../database-kind.js'
import {GUARD_OPTIONS} from './guard-rails.js'
import {PASSFILE} from './passfile.js'

/** Of the user's PG* variables, those that cannot change where a client connects, as whom, or how safely. */
const HARMLESS = ['PGCLIENTENCODING', 'PGDATESTYLE', 'PGTZ', 'PGCONNECT_TIMEOUT', 'PGOPTIONS']

/** PostgreSQL cuts application_name here (NAMEDATALEN - 1, in bytes). */
const APPLICATION_NAME_BYTES = 63

/** A client certificate for another server. */
const CERTIFICATE = '.postgresql/postgresql.crt'
/** Lists that revoke certificates of other authorities, and so let this one fail. */
const REVOCATIONS = '.postgresql/root.crl'

/** What libpq reads in the user's home where no variable names another file. */
export const HOME_FILES = [CERTIFICATE, REVOCATIONS] as const

/**
 * A password, a service that leads elsewhere, files for another server, ways of logging in that no token takes; and what
 * the lines of another tunnel may have left.
 */
export const IN_THE_WAY = [
  'PGPASSWORD',
  'PGSERVICE',
  'PGSSLCERT',
  'PGSSLKEY',
  'PGSSLCRL',
  'PGSSLCRLDIR',
  'PGCHANNELBINDING',
  'PGREQUIREAUTH',
  'PGOPTIONS',
] as const

/** PGSERVICE, PGHOSTADDR, PGSSLMODE and so on would lead a libpq client elsewhere. */
export function ownsVariable(name: string): boolean {
  return name.startsWith('PG')
}

export function isHarmless(name: string): boolean {
  return HARMLESS.includes(name)
}

/** A connection as one word, for programs that take no other. The password is not in it: it is in the passfile. */
export function connectionUrl(connection: Connection, inherited: Inherited): string {
  const {user, host, localPort, database, sslmode, authoritiesFile, mapping} = connection
  const query = new URLSearchParams({sslmode, sslrootcert: authoritiesFile})
  // Without a line in the hosts file libpq alone finds the way.
  if (mapping === 'hostaddr') query.set('hostaddr', '127.0.0.1')
  // Other libraries than libpq know no PGOPTIONS, but may know this.
  if (connection.readOnly) query.set('options', optionsOf(connection, inherited))
  // libpq takes a + for a +.
  const options = query.toString().replaceAll('+', '%20')
  return `postgresql://${encodeURIComponent(user)}@${host}:${localPort}/${encodeURIComponent(database)}?${options}`
}

/** What any libpq client needs to know, whatever it is called and wherever it was started. */
export function connectionVariables(connection: Connection, inherited: Inherited): Readonly<Record<string, string>> {
  const options = optionsOf(connection, inherited)
  const {homeFiles} = connection
  const folder = dirname(connection.authoritiesFile)
  return {
    PGHOST: connection.host,
    ...(connection.mapping === 'hostaddr' ? {PGHOSTADDR: '127.0.0.1'} : {}),
    PGPORT: String(connection.localPort),
    PGUSER: connection.user,
    PGDATABASE: connection.database,
    PGSSLMODE: connection.sslmode,
    PGSSLROOTCERT: connection.authoritiesFile,
    // libpq passes over files that are not there. Others (asyncpg, pgx, sqlx, lib/pq) fail, so these are named only where
    // libpq would read the user's own.
    ...(homeFiles.includes(CERTIFICATE) ? {PGSSLCERT: join(folder, 'no-certificate')} : {}),
    ...(homeFiles.includes(REVOCATIONS) ? {PGSSLCRL: join(folder, 'no-revocations')} : {}),
    // libpq prefers GSSAPI encryption to TLS, whatever sslmode says.
    PGGSSENCMODE: 'disable',
    PGPASSFILE: connection.loginFiles[PASSFILE] ?? '',
    PGAPPNAME: applicationName(connection),
    ...(options === '' ? {} : {PGOPTIONS: options}),
  }
}

/** The user's own for the server, and ours after them, which so win. */
function optionsOf({readOnly}: Connection, inherited: Inherited): string {
  return [inherited['PGOPTIONS'], readOnly ? GUARD_OPTIONS : ''].filter(Boolean).join(' ')
}

/** With a program's own name behind ours. Ends on a whole character: PostgreSQL would show a cut one as question marks. */
export function applicationName({target, reason}: Pick<Connection, 'target' | 'reason'>, program?: string): string {
  let name = [`dbtunnel:${target}`, reason, program].filter(Boolean).join(' ')
  while (Buffer.byteLength(name) > APPLICATION_NAME_BYTES) name = [...name].slice(0, -1).join('')
  return name
}
