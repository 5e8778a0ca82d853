import {unusable} from '../../../core/text/unusable-helper.js'
import {hop, ok} from '../hop.js'

/** Its files, and what sudo makes of them: a rule that an earlier version made gives root away, whatever files are there. */
export const hostsHelper = hop('hosts-helper', {
  title: 'Hosts helper',
  async check(_found, _request, {hostsHelper: helper}) {
    const [installed, rule] = [helper.installed(), await helper.ruleInForce()]
    const warn = (why: string) => ({status: 'warn' as const, ...unusable(why), found: undefined})
    if (installed.state === 'unusable') return warn(installed.why)
    if (rule === 'other') return warn('sudo has a rule for it that this version of dbtunnel does not make')
    if (installed.state === 'absent') return ok('not installed')
    if (rule === 'own') return ok('installed: no password is needed')
    return ok(rule === 'none' ? 'installed, for another user' : 'installed; sudo does not say for whom')
  },
})
