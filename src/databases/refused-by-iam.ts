import {type DbtunnelError, fail} from '../core/errors.js'
import {loginStatement, policyJson} from '../core/iam/statements.js'
import {shellLine} from '../core/text/shell-line.js'
import type {LoginAttempt} from './database-kind.js'

/** IAM was asked, and said no, whatever kind of database asked it: LOGIN_REFUSED, with the statement that is missing. */
export function notAllowed({user, region, resourceId, caller}: LoginAttempt): DbtunnelError {
  const who = caller ? caller.arn : 'this AWS identity'
  const statement = policyJson([loginStatement({region, account: caller?.account, resourceId, user})])
  const other = caller && caller.name !== user ? [`If you meant yourself: ${shellLine(['-U', caller.name])}`] : []
  return fail('LOGIN_REFUSED', `The database asked IAM, and IAM does not allow ${who} to log in as ${user}.`, {
    hint: [...other, 'The policy of your user or role must allow it:', statement, ...mayBeOff(resourceId)].join('\n'),
  })
}

/** A line for a hint, where RDS was not asked whether IAM login is on. */
export function mayBeOff(resourceId: string | undefined): readonly string[] {
  return resourceId === undefined ? ['IAM login may be off, too: RDS was not asked.'] : []
}
