import {isHostName, isRegion} from '../core/grammars.js'

/** What the hosts helper is asked, one line each: `map NAME`, `unmap NAME`. */
export interface HostsRequest {
  readonly verb: 'map' | 'unmap'
  readonly name: string
}

/** Without its line feed. */
export const LONGEST_REQUEST = 'unmap '.length + 253

/** `LABEL(.LABEL)+.REGION.rds.amazonaws.com`, `….rds.REGION.amazonaws.com`, and both in China's partition. */
const ENDPOINT = /^[^.]+(?:\.[^.]+)+\.(?:(?<before>[^.]+)\.rds|rds\.(?<after>[^.]+))\.amazonaws\.com(?:\.cn)?$/

/** Whether this is the name of an RDS endpoint, in lower case: the only names that the helper maps. */
export function isRdsEndpoint(name: string): boolean {
  const {before, after} = ENDPOINT.exec(name)?.groups ?? {}
  return isHostName(name) && name === name.toLowerCase() && isRegion(before ?? after ?? '')
}

/** Undefined for a line that is none: nothing is forgiven, no blank, no carriage return. */
export function readRequest(line: string): HostsRequest | undefined {
  const [, verb, name = ''] = /^(map|unmap) ([^ ]+)$/.exec(line) ?? []
  if ((verb !== 'map' && verb !== 'unmap') || !isRdsEndpoint(name)) return undefined
  return {verb, name}
}
