import {accessDenied} from '../../../src/core/iam/access-denied.js'
import type {
  ClusterEndpoint,
  DatabaseCluster,
  DatabaseInstance,
  GlobalDatabase,
  RdsApi,
} from '../../../src/core/ports/aws.js'

export const DOMAIN = 'c9abcdefghij.eu-west-1.rds.amazonaws.com'

export function instance(id: string, more: Partial<DatabaseInstance> = {}): DatabaseInstance {
  return {
    id,
    engine: 'postgres',
    status: 'available',
    endpoint: {host: `${id}.${DOMAIN}`, port: 5432},
    resourceId: `db-${id.toUpperCase()}`,
    vpcId: 'vpc-1',
    zone: 'eu-west-1a',
    iamLogin: true,
    databaseName: 'app',
    securityGroupIds: ['sg-1'],
    ...more,
  }
}

export function cluster(id: string, more: Partial<DatabaseCluster> = {}): DatabaseCluster {
  return {
    id,
    engine: 'aurora-postgresql',
    status: 'available',
    port: 5432,
    writerHost: `${id}.cluster-${DOMAIN}`,
    readerHost: `${id}.cluster-ro-${DOMAIN}`,
    resourceId: `cluster-${id.toUpperCase()}`,
    iamLogin: true,
    databaseName: 'shop',
    members: [
      {instanceId: `${id}-1`, writer: true},
      {instanceId: `${id}-2`, writer: false},
      {instanceId: `${id}-3`, writer: false},
    ],
    ...more,
  }
}

/** The three members of `cluster(id)`; their own IAM flag and resource id do not count. */
export function members(id: string): DatabaseInstance[] {
  const more = {engine: 'aurora-postgresql', clusterId: id, iamLogin: false, databaseName: undefined}
  return [
    instance(`${id}-1`, {...more, zone: 'eu-west-1a'}),
    instance(`${id}-2`, {...more, zone: 'eu-west-1b', securityGroupIds: ['sg-2']}),
    instance(`${id}-3`, {...more, zone: 'eu-west-1c'}),
  ]
}

export function customEndpoint(clusterId: string, id: string, more: Partial<ClusterEndpoint> = {}): ClusterEndpoint {
  return {
    id,
    clusterId,
    host: `${id}.cluster-custom-${DOMAIN}`,
    kind: 'CUSTOM',
    customKind: 'ANY',
    status: 'available',
    staticMembers: [],
    excludedMembers: [],
    ...more,
  }
}

export interface Account {
  instances?: readonly DatabaseInstance[]
  clusters?: readonly DatabaseCluster[]
  endpoints?: readonly ClusterEndpoint[]
  globals?: readonly GlobalDatabase[]
  /** What the policy does not allow: a call by its name in `RdsApi`, or by name and id (`instance shop-1`). */
  denied?: readonly string[]
}

/** RDS over plain records. `rounds` counts the round trips that had to wait for one another. */
export function memoryRds({
  instances = [],
  clusters = [],
  endpoints = [],
  globals = [],
  denied = [],
}: Account): RdsApi & {rounds: number; calls: string[]} {
  let open = 0
  const counting = {rounds: 0, calls: [] as string[]}
  const answer = async <T>(call: string, value: T, id = ''): Promise<T> => {
    counting.calls.push(call)
    if (open++ === 0) counting.rounds++
    await new Promise((resolve) => setImmediate(resolve))
    open--
    const isDenied = denied.includes(call) || denied.includes(`${call} ${id}`)
    if (isDenied) throw accessDenied(`rds:${call}`, {region: 'eu-west-1'})
    return value
  }
  return Object.assign(counting, {
    instance: (id: string) =>
      answer(
        'instance',
        instances.find((one) => one.id === id),
        id,
      ),
    globalDatabase: (id: string) =>
      answer(
        'global',
        globals.find((one) => one.id === id),
      ),
    instances: () => answer('instances', instances),
    clusterMembers: (id: string) =>
      answer(
        'members',
        instances.filter(({clusterId}) => clusterId === id),
      ),
    cluster: (id: string) =>
      answer(
        'cluster',
        clusters.find((one) => one.id === id),
        id,
      ),
    clusters: () => answer('clusters', clusters),
    clusterEndpoints: (id: string | undefined) =>
      answer(
        'endpoints',
        endpoints.filter(({clusterId}) => id === undefined || clusterId === id),
      ),
  })
}
