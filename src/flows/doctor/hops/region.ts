import {hop, ok} from '../hop.js'

export const region = hop('region', {
  title: 'Region',
  needs: ['config'],
  async check({config: {regionMissing, ...words}}, _request, ports) {
    if (regionMissing) throw regionMissing
    return ok(words.settings.region, {...words, aws: ports.awsFor(words.settings)})
  },
})
