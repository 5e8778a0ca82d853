import {type DbtunnelError, fail} from '../../core/errors.js'
import {sentence} from '../../core/text/sentence.js'
import type {LoginAttempt, LoginOutcome} from '../database-kind.js'
import {shellLine} from '../../core/text/shell-line.js'
import {mayBeOff, notAllowed} from '../refused-by-iam.js'
import {grants, IAM_MARK} from './grants.js'

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
      return fail('LOGIN_REFUSED', `The database refused the login of ${login.user}: ${sentence(outcome.words)}`, {
        hint: /^database ".*" does not exist/.test(outcome.words)
          ? 'Use a database that exists: -d postgres'
          : undefined,
      })
  }
}

function noMember({user, resourceId, masterUser, caller}: LoginAttempt): DbtunnelError {
  const [create, allow] = grants(user)
  const refused = `The database did not ask IAM about ${user}: `
  if (user === masterUser) {
    const own = caller && caller.name !== user ? caller.name : 'NAME'
    const [createOwn, allowOwn] = grants(own)
    return fail('LOGIN_REFUSED', `${refused}it is the master user, and does not have ${IAM_MARK}.`, {
      hint: [
        'Log in as a user of your own. As an administrator of the database:',
        createOwn,
        allowOwn,
        `Then: ${shellLine(['-U', own])}`,
        `With ${IAM_MARK} the password of ${user} works no more, for anyone who uses it. If that is meant: ${allow}`,
        ...mayBeOff(resourceId),
      ].join('\n'),
    })
  }
  const small = user.toLowerCase()
  const first =
    small === user ? [] : [`The user may be called so in small letters. First try: ${shellLine(['-U', small])}`]
  return fail('LOGIN_REFUSED', `${refused}it has no such user, or that user does not have ${IAM_MARK}.`, {
    hint: [
      ...first,
      `${small === user ? 'As' : 'Else, as'} an administrator of the database:`,
      allow,
      `If there is no such user, first: ${create}`,
      ...mayBeOff(resourceId),
    ].join('\n'),
  })
}
