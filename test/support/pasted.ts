import {type Ended} from './dbtunnel.js'
import {inShell} from './shell.js'

/** A second shell of the user's, in which these lines were pasted; PG variables of their own may be in the way. */
export function pasted(lines: string, command: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const own = {PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', PSQLRC: '/dev/null', PGCONNECT_TIMEOUT: '30'}
  return inShell(`${lines}\n${command}`, {...own, PGPASSWORD: 'wrong', PGSERVICE: 'elsewhere', ...env})
}
