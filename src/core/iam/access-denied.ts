import {type DbtunnelError, fail} from '../errors.js'
import {policyJson, statementsFor} from './statements.js'

/** AWS refused an action such as `ssm:StartSession`; the hint is the policy statement that allows it. */
export function accessDenied(action: string, details: {region?: string | undefined; cause?: unknown}): DbtunnelError {
  const {region, cause} = details
  const statements = statementsFor(action, {region})
  const hint =
    statements.length > 0
      ? `The policy of your user or role must allow it:\n${policyJson(statements)}`
      : `Your own policy must allow ${action}, and so must the policy of what it is for (a role's trust policy).`
  return fail('ACCESS_DENIED', `AWS does not allow you ${action}.`, {hint, cause})
}
