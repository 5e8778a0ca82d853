import {withDeadline} from '../../../core/deadline.js'
import {conflict, foreignAddress} from '../../../hosts/edit.js'
import {hop, ok} from '../hop.js'
import {hostsContent} from '../hosts-content.js'

/** No tunnel hangs on the answer. */
const LOOK_MS = 3000

export const name = hop('name', {
  title: 'Name',
  ofTarget: true,
  needs: ['available', 'hosts'],
  async check({available: {endpoint}, hosts}, _request, {hostsFile, resolver}) {
    const {host} = endpoint
    const content = await hostsContent(hostsFile)
    const line = content && foreignAddress(content, host)
    if (line) {
      const failure = conflict(await hostsFile.path(), host, line)
      if (hosts) throw failure
      return {
        status: 'warn',
        detail: `${failure.message} Clients that take an address are given 127.0.0.1; others go there.`,
        hint: 'Take that line out.',
        found: undefined,
      }
    }
    const late = (): Error => new Error('late')
    const addresses = await withDeadline(resolver.addresses(host), LOOK_MS, late).catch(() => [])
    const where = addresses.length === 0 ? 'no address here, and needs none' : `${addresses.join(', ')} here`
    return ok(`${host} has ${where}; through the tunnel it is 127.0.0.1`)
  },
})
