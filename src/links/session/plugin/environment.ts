export type Environment = Readonly<Record<string, string | undefined>>

/** The plugin takes the response from a variable whose name begins like this, and unsets it. */
export const RESPONSE_VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE'

/**
 * Ours without the database client's: PGPASSWORD and its like are none of its
 * business. The rest stays, for a profile's credential_process may need any of it.
 */
export function pluginEnvironment(
  environment: Environment,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !/^PG[A-Z]/.test(name) && !name.startsWith(RESPONSE_VARIABLE)) kept[name] = value
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
