import {hop, ok} from '../hop.js'

export const region = hop('region', {
  title: 'Region',
  needs: ['config'],
  async check({config: {name, settings, regionMissing}}, _request, ports) {
    if (regionMissing) throw regionMissing
    return ok(settings.region, {name, settings, aws: ports.awsFor(settings)})
  },
})
