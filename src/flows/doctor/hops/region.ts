import {hop, ok} from '../hop.js'

export const region = hop('region', {
  title: 'Region',
  needs: ['config'],
  async check({config: {words, regionMissing}}, _request, ports) {
    if (!words) throw regionMissing
    const {name, settings} = words
    return ok(settings.region, {name, settings, aws: ports.awsFor(settings)})
  },
})
