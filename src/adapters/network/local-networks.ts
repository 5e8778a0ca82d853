import {networkInterfaces} from 'node:os'
import type {LocalNetworks} from '../../core/ports/network.js'

export const localNetworks: LocalNetworks = {
  fingerprint() {
    const addresses = Object.values(networkInterfaces()).flat()
    const outward = addresses.flatMap((one) => (one && !one.internal ? networkOf(one) : []))
    return [...new Set(outward)].sort().join(' ')
  },
}

/** Of IPv6 only the network: a machine takes itself a new address there every day. None for what no router passes on. */
function networkOf({family, address}: {family: string; address: string}): readonly string[] {
  if (family === 'IPv4') return [address]
  return address.startsWith('fe80:') ? [] : [address.split(':').slice(0, 4).join(':')]
}
