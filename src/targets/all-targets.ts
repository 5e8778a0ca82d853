import type {ListedDatabase} from '../core/results/database-listing.js'
import type {ClusterEndpoint, DatabaseCluster, DatabaseInstance} from '../core/ports/aws.js'
import {databaseKindOf} from '../databases/kind-of.js'
import {type Found, ofCluster, ofCustomEndpoint, ofInstance} from './describe.js'

/** What RDS lists of a region. */
export interface Inventory {
  readonly instances: readonly DatabaseInstance[]
  readonly clusters: readonly DatabaseCluster[]
  readonly endpoints: readonly ClusterEndpoint[]
}

export type KnownTarget = Omit<ListedDatabase, 'bastion' | 'names' | 'open'>

/** Everything that can be a target, under the name to type: by name, what belongs to a cluster right behind it. */
export function allTargets(inventory: Inventory): readonly KnownTarget[] {
  const {instances, clusters} = inventory
  const alone = instances.filter(({clusterId}) => clusterId === undefined)
  // Clusters may be missing: not everyone may list them.
  const clusterIds = new Set([...clusters.map(({id}) => id), ...instances.flatMap(({clusterId}) => clusterId ?? [])])
  const membersOf = groupBy(instances, ({clusterId}) => clusterId)
  const endpointsOf = groupBy(inventory.endpoints, ({clusterId}) => clusterId)
  const clusterById = new Map(clusters.map((cluster) => [cluster.id, cluster]))
  const instanceIds = new Set(instances.map(({id}) => id))

  const groups = [
    ...alone.map((one) => ({name: one.id, rows: [rowOf(one.id, 'instance', ofInstance(one, []))]})),
    ...[...clusterIds].map((id) => {
      const cluster = clusterById.get(id)
      const members = byName(membersOf.get(id) ?? [], (one) => one.id)
      const own = cluster ? rowsOf(cluster, members, endpointsOf.get(id) ?? [], instanceIds) : []
      const known = cluster ? [cluster] : []
      return {name: id, rows: [...own, ...members.map((one) => rowOf(one.id, 'member', ofInstance(one, known)))]}
    }),
  ]
  return byName(groups, ({name}) => name).flatMap(({rows}) =>
    rows.map((row) => ({...row, supported: databaseKindOf(row.engine) !== undefined})),
  )
}

type Row = Omit<KnownTarget, 'supported'>

function rowOf(target: string, kind: Row['kind'], {owner, cluster, instance, endpoint}: Found): Row {
  return {
    target,
    kind,
    cluster: kind === 'cluster' ? null : (instance?.clusterId ?? cluster?.id ?? null),
    engine: owner.engine,
    status: (kind === 'member' ? instance : owner)?.status ?? owner.status,
    iamLogin: owner.iamLogin,
    vpcId: instance?.vpcId ?? null,
    zone: instance?.zone ?? null,
    host: endpoint?.host ?? null,
    port: endpoint?.port ?? null,
    tags: {...owner.tags, ...(kind === 'member' ? instance?.tags : undefined)},
  }
}

/** The cluster itself and its endpoints. */
function rowsOf(
  cluster: DatabaseCluster,
  members: readonly DatabaseInstance[],
  endpoints: readonly ClusterEndpoint[],
  instanceIds: ReadonlySet<string>,
): readonly Row[] {
  const {id, writerHost, readerHost} = cluster
  // All members are in one VPC.
  const vpcId = members[0]?.vpcId ?? null
  // An instance of the same name would be taken, and a custom endpoint called "reader" never: then the host name says it.
  const target = instanceIds.has(id) ? (writerHost ?? id) : id
  const writer = rowOf(target, 'cluster', ofCluster(cluster, members, 'writer'))
  const reader = readerHost ? [rowOf(`${id}:reader`, 'reader', ofCluster(cluster, members, 'reader'))] : []
  const custom = endpoints.flatMap((endpoint) => {
    const {id: name, host, kind, status} = endpoint
    if (kind !== 'CUSTOM' || name === undefined) return []
    const typed = name === 'reader' ? host : `${id}:${name}`
    return [{...rowOf(typed, 'custom', ofCustomEndpoint(typed, endpoint, cluster, members)), status, host}]
  })
  return [writer, ...reader, ...byName(custom, (row) => row.target)].map((row) => ({...row, vpcId}))
}

function byName<T>(list: readonly T[], nameOf: (item: T) => string): readonly T[] {
  return [...list].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string | undefined): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of list) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
