import {fail, hasCode} from '../../../core/errors.js'
import {nodeName} from '../../../core/grammars.js'
import {hasNoAnswer} from '../../../links/session/open-session.js'
import {checkSecurityGroups, securityGroupHint} from '../../../bastions/reachability.js'
import {hop, ok} from '../hop.js'

/** By their rules; where those say no, the database itself has the last word. */
export const securityGroups = hop('security-groups', {
  title: 'Security groups',
  ofTarget: true,
  needs: ['region', 'available', 'session'],
  async check({region: {aws}, available: target, session: {session, ask}}, _request, _ports, run) {
    const unknown = (detail: string, hint?: string) => ({status: 'unknown', detail, hint, found: undefined}) as const
    const {bastion} = session.via
    const {host, port} = target.endpoint
    try {
      const seen = await checkSecurityGroups(target, bastion, aws, run.signal)
      if (seen.verdict.kind === 'open') return ok(`they let ${nodeName(bastion)} reach port ${port}`)
      if (seen.verdict.kind === 'unknown') return unknown(`cannot be seen: ${seen.verdict.why}`)
      const whose =
        seen.verdict.side === 'in'
          ? "The database's security groups do not allow inbound traffic from it."
          : 'Its own security groups do not allow outbound traffic to the database.'
      if (!hasNoAnswer((await ask()).outcome)) return unknown(`The database answers, though no rule says so. ${whose}`)
      throw fail('DATABASE_UNREACHABLE', `Bastion ${nodeName(bastion)} cannot reach ${host}:${port}. ${whose}`, {
        hint: securityGroupHint(target, seen),
      })
    } catch (error) {
      if (!hasCode(error, 'ACCESS_DENIED')) throw error
      return unknown(`${error.message} Nothing but doctor needs it.`, error.hint)
    }
  },
})
