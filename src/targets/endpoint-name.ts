import {isDatabaseIdentifier} from '../core/grammars.js'

export interface EndpointName {
  readonly of: 'instance' | 'writer' | 'reader' | 'custom' | 'proxy'
  readonly id: string
  readonly region: string
}

// ID.HASH.REGION.rds.amazonaws.com; in China ID.HASH.rds.REGION.amazonaws.com.cn,
// or in the first form for older ones. A proxy's further endpoints have one label more.
const ENDPOINT =
  /^(?<id>[^.]+)\.(?<further>endpoint\.)?(?<role>cluster-custom-|cluster-ro-|cluster-|proxy-)?[a-z0-9]+\.(?:(?<region>[a-z0-9-]+)\.rds\.amazonaws\.com(?:\.cn)?|rds\.(?<regionInChina>cn-[a-z0-9-]+)\.amazonaws\.com\.cn)$/

const ROLES = {
  'cluster-custom-': 'custom',
  'cluster-ro-': 'reader',
  'cluster-': 'writer',
  'proxy-': 'proxy',
} as const

/** Takes an RDS endpoint's host name (lower case) apart; undefined for any other name. */
export function parseEndpointName(host: string): EndpointName | undefined {
  const {id = '', further, role, region, regionInChina} = ENDPOINT.exec(host)?.groups ?? {}
  const of = role === undefined ? 'instance' : ROLES[role as keyof typeof ROLES]
  if (!isDatabaseIdentifier(id) || (further !== undefined && of !== 'proxy')) return undefined
  return {of, id, region: region ?? regionInChina ?? ''}
}
