import {dirname, join} from 'node:path'
import type {TlsMode} from '../tls-mode.js'

/** What libpq must know to reach the database through the tunnel, and nothing of what it must not. */
export interface Connection {
  /** The database's name, for people. */
  readonly target: string
  /** Why one connects; one line. */
  readonly reason?: string | undefined
  /** The endpoint's own name: what the certificate is compared with. */
  readonly host: string
  readonly localPort: number
  readonly user: string
  readonly database: string
  readonly sslmode: TlsMode
  /** How the name leads to 127.0.0.1: by the hosts file, or given to libpq beside it. */
  readonly mapping: 'hosts' | 'hostaddr'
  readonly authoritiesFile: string
  readonly passfile: string
  /** Server settings of ours, such as `-c statement_timeout=30s`; they win over the user's. */
  readonly serverOptions?: string | undefined
}

type Inherited = Readonly<Record<string, string | undefined>>

/** Of the user's PG* variables, those that cannot change where psql connects, as whom, or how safely. */
const HARMLESS = ['PGCLIENTENCODING', 'PGDATESTYLE', 'PGTZ', 'PGCONNECT_TIMEOUT', 'PGOPTIONS']

/** PostgreSQL cuts application_name here (NAMEDATALEN - 1, in bytes). */
const APPLICATION_NAME_BYTES = 63

/**
 * Of the AWS variables, those that say where a login is, and are none themselves: with them `\! aws s3 cp …` works as in
 * the shell that psql was started from. Keys, tokens and the files of tokens are not among them, nor is any new variable.
 */
const NO_LOGIN = [
  'AWS_CA_BUNDLE',
  'AWS_CONFIG_FILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_DEFAULT_REGION',
  'AWS_PAGER',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_SHARED_CREDENTIALS_FILE',
]

/** The whole environment of psql: the user's without AWS's secrets, and with our connection in the place of theirs. */
export function clientEnvironment(inherited: Inherited, connection: Connection): Record<string, string> {
  return withConnection(withoutAwsSecrets(inherited), connection)
}

/** An environment for psql, which needs nothing of AWS: its password is in the passfile. */
export function withoutAwsSecrets(inherited: Inherited): Record<string, string> {
  return chosen(inherited, (name) => !name.startsWith('AWS_') || NO_LOGIN.includes(name))
}

/**
 * An environment with our connection: without the PG* variables that are not harmless (PGSERVICE, PGHOSTADDR, PGSSLMODE…
 * would lead a libpq client elsewhere).
 */
function withConnection(inherited: Inherited, connection: Connection): Record<string, string> {
  const others = chosen(inherited, (name) => !name.startsWith('PG') || HARMLESS.includes(name))
  return {...others, ...connectionVariables(connection, inherited['PGOPTIONS'])}
}

function chosen(inherited: Inherited, isWanted: (name: string) => boolean): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && isWanted(name)) environment[name] = value
  }
  return environment
}

/**
 * The whole environment of any other program: the user's, AWS's secrets too, as any program inherits it; our connection as
 * a libpq client has it; and the same facts under names that no library reads by itself, for those who write scripts.
 */
export function programEnvironment(inherited: Inherited, connection: Connection): Record<string, string> {
  const environment = withConnection(inherited, connection)
  return {
    ...environment,
    DBTUNNEL_URL: connectionUrl(connection, environment['PGOPTIONS']),
    DBTUNNEL_HOST: connection.host,
    DBTUNNEL_PORT: String(connection.localPort),
    DBTUNNEL_USER: connection.user,
    DBTUNNEL_DATABASE: connection.database,
    DBTUNNEL_CA: connection.authoritiesFile,
  }
}

/** What any client needs to know that is started elsewhere: libpq's variables, and the URL for those that know none. */
export function shellEnvironment(connection: Connection, options?: string): Readonly<Record<string, string>> {
  const variables = connectionVariables(connection, options)
  return {...variables, DBTUNNEL_URL: connectionUrl(connection, variables['PGOPTIONS'])}
}

/** A connection as one word, for programs that take no other. The password is not in it: it is in the passfile. */
function connectionUrl(connection: Connection, serverOptions: string | undefined): string {
  const {user, host, localPort, database, sslmode, authoritiesFile, mapping} = connection
  const query = new URLSearchParams({sslmode, sslrootcert: authoritiesFile})
  // Without a line in the hosts file libpq alone finds the way.
  if (mapping === 'hostaddr') query.set('hostaddr', '127.0.0.1')
  // Other libraries than libpq know no PGOPTIONS, but may know this.
  if (connection.serverOptions !== undefined && serverOptions !== undefined) query.set('options', serverOptions)
  // libpq takes a + for a +.
  const options = query.toString().replaceAll('+', '%20')
  return `postgresql://${encodeURIComponent(user)}@${host}:${localPort}/${encodeURIComponent(database)}?${options}`
}

/**
 * What any libpq client needs to know, whatever it is called and wherever it was started. `options` are the user's own
 * for the server: ours come after them, and so win.
 */
function connectionVariables(connection: Connection, options?: string): Readonly<Record<string, string>> {
  const allOptions = [options, connection.serverOptions].filter(Boolean).join(' ')
  return {
    PGHOST: connection.host,
    ...(connection.mapping === 'hostaddr' ? {PGHOSTADDR: '127.0.0.1'} : {}),
    PGPORT: String(connection.localPort),
    PGUSER: connection.user,
    PGDATABASE: connection.database,
    PGSSLMODE: connection.sslmode,
    PGSSLROOTCERT: connection.authoritiesFile,
    // Else libpq would take what lies in ~/.postgresql: a client certificate for another server, or lists that revoke
    // certificates of other authorities and so let this one fail. Files that are not there are passed over.
    PGSSLCERT: join(dirname(connection.authoritiesFile), 'no-certificate'),
    PGSSLCRL: join(dirname(connection.authoritiesFile), 'no-revocations'),
    // libpq prefers GSSAPI encryption to TLS, whatever sslmode says.
    PGGSSENCMODE: 'disable',
    PGPASSFILE: connection.passfile,
    PGAPPNAME: applicationName(connection),
    ...(allOptions === '' ? {} : {PGOPTIONS: allOptions}),
  }
}

/** Ends on a whole character: PostgreSQL would show a cut one as question marks. */
function applicationName({target, reason}: Connection): string {
  let name = reason === undefined ? `dbtunnel:${target}` : `dbtunnel:${target} ${reason}`
  while (Buffer.byteLength(name) > APPLICATION_NAME_BYTES) name = [...name].slice(0, -1).join('')
  return name
}
