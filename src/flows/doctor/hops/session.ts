import {nodeName} from '../../../core/grammars.js'
import {askDatabase, carrySession} from '../../../links/session/open-session.js'
import {sessionEngines} from '../../../links/session/carriers.js'
import {preambleOf} from '../../../tunnel/connector.js'
import {hop, ok} from '../hop.js'

/** Of the whole time: afterwards the database has to answer. */
const SHARE = 1 / 2

/** StartSession is allowed, and its data channel comes up. */
export const session = hop('session', {
  title: 'Session',
  ofTarget: true,
  needs: ['region', 'plugin', 'available', 'authorities', 'agent'],
  async check({region: {settings, aws}, available: target, authorities, agent: bastions}, _request, given, run) {
    const ports = {...given, aws}
    const engines = await sessionEngines(settings, ports, run.say)
    const question = {target, settings, authorities, preamble: preambleOf(target)}
    const timeLeft = (): number => settings.timeoutMs * SHARE
    const opened = await carrySession({...question, bastions, engines}, timeLeft, ports, run)
    let answer: ReturnType<typeof askDatabase> | undefined
    const ask = () => (answer ??= askDatabase(opened, question, timeLeft, ports, run.signal))
    return ok(`${opened.id} on ${nodeName(opened.bastion)}, ${opened.engine} engine`, {session: opened, ask})
  },
})
