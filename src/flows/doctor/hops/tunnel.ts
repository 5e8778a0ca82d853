import {fail, hasCode} from '../../../core/errors.js'
import {hasNoAnswer} from '../../../links/session/open-session.js'
import {probeFailure} from '../../../links/probe-failure.js'
import {reachabilityAdvice} from '../../../bastions/reachability.js'
import {hop, ok} from '../hop.js'

/** Something answers at the far end. */
export const tunnel = hop('tunnel', {
  title: 'Tunnel',
  ofTarget: true,
  needs: ['region', 'available', 'session', 'security-groups'],
  async check({region: {aws}, available: target, session: {session, ask}}, _request, _ports, run) {
    const advise = async (failure: unknown): Promise<never> => {
      if (!hasCode(failure, 'DATABASE_UNREACHABLE', 'TIMEOUT')) throw failure
      const advice = await reachabilityAdvice(target, session.via.bastion, aws, run.signal).catch(() => undefined)
      throw fail(failure.code, failure.message, {hint: advice ?? failure.hint})
    }
    const answer = await ask().catch(advise)
    const {outcome, ...seen} = answer
    if (outcome.kind === 'answered' || !hasNoAnswer(outcome)) return ok('the database answers through it', answer)
    return advise(probeFailure(outcome, target, session.via.bastion, seen))
  },
})
