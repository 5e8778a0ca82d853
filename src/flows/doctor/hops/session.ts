import {nodeName} from '../../../core/grammars.js'
import {type Answer, askFirst, carrySession} from '../../../links/session/open-session.js'
import {sessionCarriers} from '../../../links/session/carriers.js'
import {talkOf} from '../../../tunnel/connector.js'
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
    const carriers = await sessionCarriers(settings, ports, run.say)
    const talk = talkOf({settings}, {target, caller}, aws.signing)
    const question = {target, settings, authorities, talk}
    const timeLeft = (): number => settings.timeoutMs * SHARE
    const opened = await carrySession({...question, bastions, carriers}, timeLeft, ports, run)
    let answer: Promise<Answer> | undefined
    const ask = () => (answer ??= askFirst(opened, question, {hasOther: false}, timeLeft, ports, run))
    const {bastion, carrier} = opened.via
    const detail = `${opened.id} on ${nodeName(bastion)}: granted, its data channel is open, and the SSM agent has answered`
    return ok(`${detail} (${carrier} engine)`, {session: opened, ask})
  },
})
