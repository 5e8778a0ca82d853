import {kinds} from '../../../databases/kinds.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** The plugin takes the response from a variable whose name begins like this, and unsets it. */
export const RESPONSE_VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE'

/**
 * What the plugin reads (real plugin 1.2.677): AWS's settings and credentials, with which it resumes a session by itself;
 * how Go reaches the network and whom it trusts; where the home folder and programs are.
 */
const NEEDED =
  /^(AWS_\w+|(HTTPS?|NO)_PROXY|(https?|no)_proxy|SSL_CERT_(FILE|DIR)|GODEBUG|RES_OPTIONS|LOCALDOMAIN|HOME|PATH|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR)$/

/** Never the plugin's: what is a database client's, and dbtunnel's own. */
function isOthers(name: string): boolean {
  return name.startsWith('DBTUNNEL_') || kinds.some((kind) => kind.ownsVariable(name))
}

/**
 * Of ours, what the plugin needs. Where a profile's credential_process gives the credentials, the plugin starts that
 * program, which may need any variable: `startsProgram`.
 */
export function pluginEnvironment(
  environment: Environment,
  {startsProgram = false, more = {}}: {startsProgram?: boolean; more?: Readonly<Record<string, string>>} = {},
): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    const isIts = startsProgram ? !isOthers(name) : NEEDED.test(name)
    if (value !== undefined && isIts && !name.startsWith(RESPONSE_VARIABLE)) kept[name] = value
  }
  return {...kept, ...more}
}

/** Bytes of the plugin's socket file behind the folder, its slash included (real plugin 1.2.677). */
const SOCKET_NAME_BYTES = 43
/** Of a Unix socket's path on macOS, the shorter one. */
const SOCKET_PATH_BYTES = 103

/**
 * A folder of its own for the plugin's temporary files: killed, it leaves a
 * socket behind. Where the path would be too long for a socket, the usual one.
 */
export function temporaryFolder(folder: string): Record<string, string> {
  return Buffer.byteLength(folder) + SOCKET_NAME_BYTES > SOCKET_PATH_BYTES ? {} : {TMPDIR: folder}
}
