import {type DbtunnelError, fail} from '../errors.js'
import {policyJson, statementsFor} from './statements.js'

/** As IAM writes it behind an action that some policy forbids. */
const EXPLICIT_DENY = /with an explicit deny(?: in an? ([a-z -]{1,40} policy))?/i

/** AWS refused an action such as `ssm:StartSession`; the hint is the policy statement that allows it, if one can. */
export function accessDenied(action: string, details: {region?: string | undefined; cause?: unknown}): DbtunnelError {
  const {region, cause} = details
  const denial = cause instanceof Error ? EXPLICIT_DENY.exec(cause.message) : null
  if (denial) {
    const by = `a ${denial[1] ?? 'policy'}`
    return fail('ACCESS_DENIED', `AWS does not allow you to call ${action}: ${by} forbids it by an explicit deny.`, {
      hint: 'Ask the owner of that policy to change it: another statement that allows it does not help.',
      cause,
    })
  }
  const statements = statementsFor(action, {region})
  const hint =
    statements.length > 0
      ? `The policy of your user or role must allow it:\n${policyJson(statements)}`
      : `Your own policy must allow ${action}, and so must the policy of what it is for (a role's trust policy).`
  return fail('ACCESS_DENIED', `AWS does not allow you to call ${action}.`, {hint, cause})
}
