import {fail} from '../../../core/errors.js'
import {findPlugin} from '../../../links/session/plugin/find.js'
import {hop, ok} from '../hop.js'

export const plugin = hop('plugin', {
  title: 'Session plugin',
  needs: ['config'],
  async check({config: {settings}}, _request, {process, environment}) {
    if (settings.carrier === 'native') return ok('not used: dbtunnel carries sessions itself (--engine native)')
    const named = settings.plugin
    const finding = await findPlugin(named, process, environment)
    if (finding.kind === 'usable') return ok(`${finding.plugin.version} (${finding.plugin.file})`)
    // As a command that connects judges it.
    if (settings.carrier === 'plugin' || (named !== undefined && finding.kind !== 'old')) {
      throw fail('PLUGIN_UNUSABLE', finding.why, {hint: 'Install a current one, or do without it: --engine native'})
    }
    if (finding.kind === 'missing') return ok('not installed: dbtunnel carries sessions itself')
    return {
      status: 'warn',
      detail: `${finding.why} dbtunnel carries sessions itself.`,
      hint: 'Install a current one, or leave it alone: --engine native',
      found: undefined,
    }
  },
})
