import type {Connection} from './connection.js'
import type {DatabaseKind, Inherited} from './database-kind.js'

/**
 * The AWS variables that say where a login is but hold none: with them `\! aws s3 cp …` works as in
 * the shell that the client was started from. Keys, tokens and the files of tokens are not among them, nor is any new
 * variable.
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

/**
 * The whole environment of a terminal client: the user's without AWS's secrets, and with our connection in the place of
 * theirs.
 */
export function clientEnvironment(
  kind: DatabaseKind,
  inherited: Inherited,
  connection: Connection,
): Record<string, string> {
  return withConnection(kind, withoutAwsSecrets(inherited), connection)
}

/** An environment for a client that needs nothing of AWS: its password is in a file. */
export function withoutAwsSecrets(inherited: Inherited): Record<string, string> {
  return chosen(inherited, (name) => !name.startsWith('AWS_') || NO_LOGIN.includes(name))
}

/**
 * The whole environment of any other program: the user's, AWS's secrets too, as any program inherits it; our connection as
 * a client has it; and the same facts under names that no library reads by itself, for those who write scripts.
 */
export function programEnvironment(
  kind: DatabaseKind,
  inherited: Inherited,
  connection: Connection,
): Record<string, string> {
  return {
    ...withConnection(kind, inherited, connection),
    DBTUNNEL_URL: kind.url(connection, inherited),
    DBTUNNEL_HOST: connection.host,
    DBTUNNEL_PORT: String(connection.localPort),
    DBTUNNEL_USER: connection.user,
    DBTUNNEL_DATABASE: connection.database,
    DBTUNNEL_CA: connection.authoritiesFile,
  }
}

/** What any client needs to know that is started elsewhere: its kind's variables, and the URL for those that know none. */
export function shellEnvironment(
  kind: DatabaseKind,
  inherited: Inherited,
  connection: Connection,
): Readonly<Record<string, string>> {
  return {...kind.variables(connection, inherited), DBTUNNEL_URL: kind.url(connection, inherited)}
}

/** An environment with our connection, and without what would lead a client elsewhere. */
function withConnection(kind: DatabaseKind, inherited: Inherited, connection: Connection): Record<string, string> {
  const others = chosen(inherited, (name) => !kind.ownsVariable(name) || kind.isHarmless(name))
  return {...others, ...kind.variables(connection, inherited)}
}

function chosen(inherited: Inherited, isWanted: (name: string) => boolean): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && isWanted(name)) environment[name] = value
  }
  return environment
}
