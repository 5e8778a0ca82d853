import {hasCode} from '../../../core/errors.js'
import {hop, ok} from '../hop.js'
import {readWords} from '../read-words.js'

/** In a missing one's place, so that what is of this machine alone can be looked at; nobody is asked anything there. */
const NO_REGION = 'us-east-1'

/** Flags, variables and config files; for the region there is a hop of its own. */
export const config = hop('config', {
  title: 'Settings',
  async check(_found, request, ports) {
    const said = new Set<string>()
    const sources = {...ports.sources, say: {notice: (line: string) => said.add(line)}}
    const files = (await sources.configFiles()).map(({path}) => path)
    const valid = ['flags and variables', ...files].join(', ')
    try {
      const words = await readWords(request, sources)
      return ok([valid, ...said].join('\n'), words)
    } catch (error) {
      if (!hasCode(error, 'REGION_MISSING')) throw error
      const words = await readWords({...request, flags: {...request.flags, region: NO_REGION}}, sources)
      return ok([valid, ...said].join('\n'), {...words, regionMissing: error})
    }
  },
})
