import {loginStatement, policyJson} from '../core/iam-policies.js'
import type {ProcessEnd} from '../core/ports/process.js'

/** psql's status when it has no connection, or lost it (psql(1)). */
const NO_CONNECTION = 2

/** A login has been refused by then, even by a slow database; what ends later has other causes. */
const SOON_MS = 20_000

export interface LoginAttempt {
  readonly user: string
  readonly region: string
  /** `db-…` or `cluster-…`; unknown when the database was not described. */
  readonly resourceId?: string | undefined
  /** Who signed the token, when that is known. */
  readonly caller?: {readonly account: string; readonly arn: string} | undefined
}

/** Whether psql may have been refused: it ended with 2 soon after the database had answered the probe. */
export function mayBeRefused(end: ProcessEnd, lastedMs: number): boolean {
  return end.code === NO_CONNECTION && lastedMs <= SOON_MS
}

/**
 * The line to print then: the likeliest causes in the order worth checking, without
 * those that are ruled out (host, port, region and age of the token are ours).
 * psql's own words are not known here, so the line begins with an if: a database
 * that does not exist ends the same.
 */
export function explainRefusedLogin(login: LoginAttempt): string {
  const {user, region, resourceId, caller} = login
  const statement = policyJson([loginStatement({region, account: caller?.account, resourceId, user})])
  const causes = [
    caller
      ? `the AWS identity is not the one you meant (it is ${caller.arn})`
      : 'the AWS identity is not the one you meant',
    `it lacks this permission: ${statement}`,
    `the database user lacks the role: GRANT rds_iam TO "${user.replaceAll('"', '""')}"`,
    ...(resourceId === undefined ? ['IAM login is off on the database'] : []),
    "this machine's clock is wrong",
  ]
  const numbered = causes.map((cause, index) => `(${index + 1}) ${cause}`).join('; ')
  return `If the login was refused ("PAM authentication failed"), the likeliest causes are: ${numbered}.`
}
