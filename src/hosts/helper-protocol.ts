import {isRdsEndpoint} from '../core/endpoint-name.js'

/** What the hosts helper is asked, one line each: `map NAME`, `unmap NAME`. */
export interface HostsRequest {
  readonly verb: 'map' | 'unmap'
  readonly name: string
}

/** Without its line feed. */
export const LONGEST_REQUEST = 'unmap '.length + 253

/** Undefined for a line that is not exactly a request: an extra blank or a carriage return is enough. */
export function readRequest(line: string): HostsRequest | undefined {
  const [, verb, name = ''] = /^(map|unmap) ([^ ]+)$/.exec(line) ?? []
  if ((verb !== 'map' && verb !== 'unmap') || !isRdsEndpoint(name)) return undefined
  return {verb, name}
}
