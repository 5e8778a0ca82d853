import {isDbtunnelError} from '../../../core/errors.js'
import {hop, ok} from '../hop.js'
import {readWords} from '../read-words.js'

/** Flags, variables and config files; for the region there is a hop of its own. */
export const config = hop('config', {
  title: 'Settings',
  async check(_found, request, ports) {
    const {sources} = ports
    const said: string[] = []
    const files = (await sources.configFiles()).map(({path}) => path)
    const valid = ['flags and variables', ...files].join(', ')
    try {
      const words = await readWords(request, {...sources, say: {notice: (line) => said.push(line)}})
      return ok([valid, ...said].join('\n'), {words})
    } catch (error) {
      if (!isDbtunnelError(error) || error.code !== 'REGION_MISSING') throw error
      return ok(valid, {regionMissing: error})
    }
  },
})
