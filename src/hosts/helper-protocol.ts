import {isDatabaseIdentifier, isHostName} from '../core/grammars.js'
import {isRegionAt} from './regions.js'

/** What the hosts helper is asked, one line each: `map NAME`, `unmap NAME`. */
export interface HostsRequest {
  readonly verb: 'map' | 'unmap'
  readonly name: string
}

/** Without its line feed. */
export const LONGEST_REQUEST = 'unmap '.length + 253

/**
 * `NAME.KIND-HASH.REGION.rds.SUFFIX` or `….rds.REGION.SUFFIX`: KIND is `cluster`, `cluster-ro`, `proxy` and the like, and
 * missing for an instance; an endpoint of a proxy's own has one label more. HASH stands for account and region.
 */
const ENDPOINT =
  /^(?<name>[^.]+)(?:\.endpoint(?=\.proxy-))?\.(?:[a-z]+-)*[a-z0-9]{8,20}\.(?:(?<before>[^.]+)\.rds|rds\.(?<after>[^.]+))\.(?<suffix>[a-z0-9.-]+)$/

/** Whether this is the name of an RDS endpoint in a region of AWS, in lower case: the only names that the helper maps. */
export function isRdsEndpoint(text: string): boolean {
  const {name = '', before, after, suffix = ''} = ENDPOINT.exec(text)?.groups ?? {}
  const isPlain = isHostName(text) && text === text.toLowerCase() && isDatabaseIdentifier(name)
  return isPlain && isRegionAt(before ?? after ?? '', suffix)
}

/** Undefined for a line that is not exactly a request: an extra blank or a carriage return is enough. */
export function readRequest(line: string): HostsRequest | undefined {
  const [, verb, name = ''] = /^(map|unmap) ([^ ]+)$/.exec(line) ?? []
  if ((verb !== 'map' && verb !== 'unmap') || !isRdsEndpoint(name)) return undefined
  return {verb, name}
}
