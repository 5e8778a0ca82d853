import {nodeName} from '../../../core/grammars.js'
import {type Answer, askFirst, carrySession} from '../../../links/session/open-session.js'
import {sessionCarriers} from '../../../links/session/carriers.js'
import type {Conversation} from '../../../core/ports/network.js'
import type {LoginOutcome} from '../../../databases/database-kind.js'
import {checkUser} from '../../../databases/checks.js'
import {databaseKind} from '../../../databases/kind-of.js'
import {probeOf} from '../../../tunnel/connector.js'
import {userOf} from '../../../tunnel/discovery/discover.js'
import {hop, ok} from '../hop.js'

/** Of the whole time: afterwards the database has to answer. */
const SHARE = 1 / 2

/** StartSession is allowed, and its data channel comes up. */
export const session = hop('session', {
  title: 'Session',
  ofTarget: true,
  needs: ['region', 'plugin', 'credentials', 'available', 'authorities', 'agent'],
  async check(
    {region: {settings, aws}, credentials: caller, available: target, authorities, agent: bastions},
    _request,
    given,
    run,
  ) {
    const ports = {...given, aws}
    const kind = databaseKind(target.databaseKind)
    const user = userOf({settings}, {caller})
    checkUser(kind, user)
    const carriers = await sessionCarriers(settings, ports, run.say)
    const probe = probeOf({settings}, {target, caller}, aws.signing)
    let outcome: LoginOutcome | undefined
    // That it is not let in is for a later hop to tell.
    const talk: Conversation = async (line) => {
      const answer = await probe(line)
      if (typeof answer === 'string') return answer
      outcome = answer
      if (answer.kind !== 'failed') return 'answered'
      const attempt = {user, caller, ...target}
      throw kind.explainRefusal(answer, attempt)
    }
    const question = {target, settings, authorities, talk}
    const timeLeft = (): number => settings.timeoutMs * SHARE
    const opened = await carrySession({...question, bastions, carriers}, timeLeft, ports, run)
    let answer: Promise<Answer> | undefined
    const ask = () => (answer ??= askFirst(opened, question, {hasOther: false}, timeLeft, ports, run))
    const {bastion, carrier} = opened.via
    const detail = `${opened.id} on ${nodeName(bastion)}: granted, its data channel is open, and the SSM agent has answered`
    return ok(`${detail} (${carrier} engine)`, {session: opened, ask, login: () => outcome})
  },
})
