import {type DbtunnelError, fail} from '../../core/errors.js'
import {loginStatement, policyJson} from '../../core/iam/statements.js'
import type {ProcessEnd} from '../../core/ports/process.js'
import {shellLine} from '../../core/text/shell-line.js'
import type {LoginOutcome} from './login-check.js'
import {harmless} from '../../core/text/printable.js'

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
  readonly caller?: {readonly account: string; readonly arn: string; readonly name: string} | undefined
}

/** Whether psql may have been refused: it ended with 2 soon after the database had answered the probe. */
export function mayBeRefused(end: ProcessEnd, lastedMs: number): boolean {
  return end.code === NO_CONNECTION && lastedMs <= SOON_MS
}

/**
 * The likeliest cause of a login that was refused, and what mends it. Ruled out are a token for another host, port,
 * region or user, or too old (it is ours, and fresh), a wrong clock (then none is signed), and IAM login that is off,
 * where RDS was asked.
 */
export function explainRefusedLogin(outcome: Exclude<LoginOutcome, {kind: 'in'}>, login: LoginAttempt): DbtunnelError {
  switch (outcome.kind) {
    case 'refused-by-iam':
      return notAllowed(login)
    case 'asked-for-password':
      return noMember(login)
    case 'failed':
      return fail('LOGIN_REFUSED', `The database does not let ${login.user} in: ${sentence(outcome.words)}`, {
        hint: /^database ".*" does not exist/.test(outcome.words) ? 'Name one that there is: -d postgres' : undefined,
      })
  }
}

function notAllowed({user, region, resourceId, caller}: LoginAttempt): DbtunnelError {
  const who = caller ? caller.arn : 'this AWS identity'
  const statement = policyJson([loginStatement({region, account: caller?.account, resourceId, user})])
  const other = caller && caller.name !== user ? [`If you meant yourself: ${shellLine(['-U', caller.name])}`] : []
  const off = resourceId === undefined ? ['IAM login may be off, too: RDS was not asked.'] : []
  return fail('LOGIN_REFUSED', `The database asked IAM, and IAM does not allow ${who} to log in as ${user}.`, {
    hint: [...other, 'The policy of your user or role must allow it:', statement, ...off].join('\n'),
  })
}

function noMember({user, resourceId}: LoginAttempt): DbtunnelError {
  // These lines are pasted, and not always where they belong.
  const name = harmless(user) === user ? `"${user}"` : 'USER_NAME'
  const off = resourceId === undefined ? ['IAM login may be off, too: RDS was not asked.'] : []
  return fail(
    'LOGIN_REFUSED',
    `The database did not ask IAM about ${user}: it has no such user, or that user lacks the role rds_iam.`,
    {
      hint: [
        'As an administrator of the database:',
        `GRANT rds_iam TO ${name};`,
        `If there is no such user, first: CREATE USER ${name} WITH LOGIN;`,
        ...off,
      ].join('\n'),
    },
  )
}

function sentence(words: string): string {
  return words.endsWith('.') ? words : `${words}.`
}
