import {followWriter} from '../../../tunnel/discovery/follow-writer.js'
import {signIn} from '../../request/sign-in.js'
import {hop, ok} from '../hop.js'

export const region = hop('region', {
  title: 'Region',
  needs: ['config'],
  async check({config: {regionMissing, ...words}}, _request, ports, run) {
    if (regionMissing) throw regionMissing
    const {name} = words
    const aws = ports.awsFor(words.settings)
    if (name?.kind !== 'global') return ok(words.settings.region, {...words, aws})
    await signIn(aws, ports, run)
    const located = await followWriter({...words, name}, aws, run)
    const {settings} = located.request
    return ok(`${settings.region}: that is where ${name.id} writes`, {...located.request, aws: located.aws})
  },
})
