import {parseEndpointName} from '../core/endpoint-name.js'
import type {TargetName} from './parse-target.js'

/**
 * Whether a target's endpoint is the one of this host name. A custom endpoint's is not known by name: one of its members
 * stands for it.
 */
export function leadsTo(name: TargetName, host: string): boolean {
  if (name.kind === 'endpoint' || name.kind === 'global') return name.host === host
  const endpoint = parseEndpointName(host)
  if (name.kind === 'name') return endpoint?.id === name.id && ['instance', 'writer'].includes(endpoint.of)
  return name.kind === 'reader' && endpoint?.id === name.clusterId && endpoint.of === 'reader'
}
