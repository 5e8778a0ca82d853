import {harmless} from '../../core/text/printable.js'

/** By what a user logs in by IAM. */
const ROLE = 'rds_iam'

/** For sentences. */
export const IAM_MARK = `the role ${ROLE}`

/** What an administrator types: the user, and then the role. */
export function grants(user: string): readonly [create: string, allow: string] {
  // These lines are pasted, and not always where they belong.
  const name = harmless(user) === user ? `"${user}"` : 'USER_NAME'
  return [`CREATE USER ${name} WITH LOGIN;`, `GRANT ${ROLE} TO ${name};`]
}
