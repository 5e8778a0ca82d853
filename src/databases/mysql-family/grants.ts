import {harmless} from '../../core/text/printable.js'

/** By what a user logs in by IAM. */
const PLUGIN = 'AWSAuthenticationPlugin'

/** For sentences. */
export const IAM_MARK = `the plugin ${PLUGIN}`

/** What an administrator types: for a new user, or for one that there is. */
export function grants(user: string): readonly [create: string, allow: string] {
  // These lines are pasted, and not always where they belong.
  const name = harmless(user) === user && !/['\\]/.test(user) ? `'${user}'` : 'USER_NAME'
  return [
    `CREATE USER ${name} IDENTIFIED WITH ${PLUGIN} AS 'RDS';`,
    `ALTER USER ${name} IDENTIFIED WITH ${PLUGIN} AS 'RDS';`,
  ]
}
