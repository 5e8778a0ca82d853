import {type Caller} from './key-store.js'
import {arnOf, userIdOf} from './model.js'
import {evaluate, type RequestContext, type Verdict} from './policy.js'

/** Whether the caller's policies allow an action on a resource; `extra` holds the condition keys of this request. */
export function verdictOn(caller: Caller, action: string, resource: string, extra: RequestContext = {}): Verdict {
  return evaluate(caller.identity.policies, {action, resource, context: {...principalContext(caller), ...extra}})
}

/** Why it is denied, in AWS's words. */
export function denialOf(caller: Caller, action: string, resource: string | undefined, verdict: Verdict): string {
  const on = resource === undefined ? '' : ` on resource: ${resource}`
  const why =
    verdict === 'explicit-deny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  return `User: ${arnOf(caller.account, caller.identity)} is not authorized to perform: ${action}${on} ${why}`
}

function principalContext({account, identity}: Caller): RequestContext {
  const tags = Object.entries(identity.principalTags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])
  return {
    'aws:userid': userIdOf(identity),
    // IAM users alone have one: `${aws:username}` matches nothing for a role.
    'aws:username': identity.kind === 'user' ? identity.sessionName : undefined,
    'aws:PrincipalArn': arnOf(account, identity),
    'aws:PrincipalAccount': account.id,
    ...Object.fromEntries(tags),
  }
}
