import {isDatabaseIdentifier, isHostName} from './grammars.js'
import {isKnownRegion, isRegionAt, suffixOf} from './partitions.js'

/** What an RDS endpoint's host name says. */
export interface EndpointName {
  readonly of: 'instance' | 'writer' | 'reader' | 'custom' | 'proxy' | 'shard-group' | 'global'
  /** That of the instance, cluster, custom endpoint, proxy (or its endpoint), shard group or global database. */
  readonly id: string
  /** None in the name of a global database: its writer moves from region to region. */
  readonly region: string | undefined
}

/**
 * ID.HASH.REGION.rds.SUFFIX; in China and other partitions also ID.HASH.rds.REGION.SUFFIX. HASH stands for account and
 * region, with what the endpoint is of before it; a proxy's further endpoints have one label more. A cluster of the express
 * configuration and a Multi-AZ cluster have the names of any cluster. Sources: "Amazon Aurora endpoint connections", "Working
 * with Amazon RDS Proxy endpoints" and "Connecting to Amazon Aurora Global Database" in the Aurora User Guide;
 * docs.amazonaws.cn, "Endpoints and ARNs"; RdsUtils of aws-advanced-jdbc-wrapper.
 */
const ENDPOINT =
  /^(?<id>[a-z0-9-]+)\.(?<further>endpoint\.)?(?<role>cluster-custom-|cluster-ro-|cluster-|proxy-|shardgrp-|global-)?[a-z0-9]{8,20}\.(?:(?<before>[a-z0-9-]+)\.rds|rds\.(?<after>[a-z0-9-]+))\.(?<suffix>[a-z0-9.-]+)$/

const ROLES = {
  'cluster-custom-': 'custom',
  'cluster-ro-': 'reader',
  'cluster-': 'writer',
  'proxy-': 'proxy',
  'shardgrp-': 'shard-group',
  'global-': 'global',
} as const

/** Takes an RDS endpoint's host name (lower case) apart; undefined for any other name. */
export function parseEndpointName(host: string): EndpointName | undefined {
  const {id = '', further, role, before, after, suffix = ''} = ENDPOINT.exec(host)?.groups ?? {}
  const of = role === undefined ? 'instance' : ROLES[role as keyof typeof ROLES]
  if (!isHostName(host) || !isDatabaseIdentifier(id) || (further !== undefined && of !== 'proxy')) return undefined
  if (of === 'global')
    return before === 'global' && suffixOf(suffix) === suffix ? {of, id, region: undefined} : undefined
  const region = before ?? after ?? ''
  return isRegionAt(region, suffix) ? {of, id, region} : undefined
}

/** Whether it is the name of an RDS endpoint, in lower case, in a region that is known to be AWS's: what root may map. */
export function isRdsEndpoint(text: string): boolean {
  const name = parseEndpointName(text)
  return name !== undefined && (name.region === undefined || isKnownRegion(name.region))
}
