import type {ClusterEndpoint, DatabaseCluster, DatabaseInstance, Endpoint, RdsApi} from '../core/ports/aws.js'
import {type DbtunnelError, hasCode} from '../core/errors.js'
import {chooseMember} from './choose-member.js'
import {accountOf, type DatabaseArn} from './database-arn.js'
import type {EndpointTarget, TargetName} from './parse-target.js'
import {isServing} from './database-status.js'

/** What RDS knows of a name. */
export interface Found {
  /** Where to connect; none while it is being made. */
  readonly endpoint: Endpoint | undefined
  /** Who has engine, IAM setting, resource id and default database: the cluster where there is one. */
  readonly owner: DatabaseCluster | DatabaseInstance
  readonly cluster?: DatabaseCluster | undefined
  /** Shows VPC, zone and security groups, which a cluster does not have itself. */
  readonly instance?: DatabaseInstance | undefined
  /** A line for the user when another endpoint than the one named is taken. */
  readonly standsFor?: string | undefined
}

/**
 * One round of Describe calls, side by side; a second one where lists are denied, for what the policy may allow by name.
 * Undefined when there is nothing of that name. Rejects with ACCESS_DENIED only for what there is no way around.
 */
export async function lookUp(name: TargetName, rds: RdsApi, signal: AbortSignal): Promise<Found | undefined> {
  switch (name.kind) {
    case 'name':
      if (name.resourceId !== undefined) return lookUpResource(name.id, name.resourceId, rds, signal)
      return ofAccount(name.arn, await lookUpName(name.id, name.arn?.of, rds, signal))
    case 'reader':
      return lookUpCluster(name.clusterId, 'reader', rds, signal)
    case 'custom': {
      const [cluster, members, endpoints] = await Promise.all([
        rds.cluster(name.clusterId, signal),
        unlessDenied(rds.clusterMembers(name.clusterId, signal)),
        rds.clusterEndpoints(name.clusterId, signal),
      ])
      const custom = endpoints.find(({kind, id}) => kind === 'CUSTOM' && id === name.endpointId)
      if (!cluster || !custom) return undefined
      return ofCustomEndpoint(name.text, custom, cluster, await membersOf(cluster, members, rds, signal))
    }
    case 'global':
      throw new Error(`Nobody has asked where ${name.host} is.`)
    case 'endpoint':
      return lookUpEndpoint(name, rds, signal)
  }
}

/** `of`: what it must be, where that is known. */
async function lookUpName(
  id: string,
  of: DatabaseArn['of'] | undefined,
  rds: RdsApi,
  signal: AbortSignal,
): Promise<Found | undefined> {
  // All clusters and not the one of that name: an instance may be a member of any.
  const [instance, members, clusters] = await Promise.all([
    unlessDenied(of === 'cluster' ? NOTHING : rds.instance(id, signal)),
    unlessDenied(of === 'instance' ? NONE : rds.clusterMembers(id, signal)),
    unlessDenied(rds.clusters(signal)),
  ])
  const clusterNamed = async (wanted: string): Promise<DatabaseCluster | undefined> =>
    clusters.denied ? rds.cluster(wanted, signal) : clusters.value.find((one) => one.id === wanted)
  if (instance.value) return withCluster(instance.value, clusterNamed)
  if (of !== 'instance') {
    const cluster = await clusterNamed(id)
    const all = cluster && (await membersOf(cluster, members, rds, signal))
    if (cluster && all) return ofCluster(cluster, all, 'writer')
  }
  if (instance.denied) throw instance.denied
  return undefined
}

/** By RDS's own id, which only lists tell. A database that is called so comes first. */
async function lookUpResource(
  id: string,
  resourceId: string,
  rds: RdsApi,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const [instances, clusters] = await Promise.all([
    unlessDenied(rds.instances(signal)),
    unlessDenied(rds.clusters(signal)),
  ])
  const [allInstances, allClusters] = [instances.value ?? [], clusters.value ?? []]
  const isNamed = (one: {readonly id: string}): boolean => one.id === id
  const isMeant = (one: {readonly resourceId: string}): boolean => one.resourceId === resourceId
  const instance = allInstances.find(isNamed)
  const cluster = instance ? undefined : allClusters.find(isNamed)
  const found = instance ?? cluster ?? allInstances.find(isMeant) ?? allClusters.find(isMeant)
  if (!found) {
    const denied = instances.denied ?? clusters.denied
    if (denied) throw denied
    return undefined
  }
  if ('members' in found) {
    const members = instances.denied
      ? {denied: instances.denied}
      : {value: allInstances.filter(({clusterId}) => clusterId === found.id)}
    return ofCluster(found, await membersOf(found, members, rds, signal), 'writer')
  }
  return withCluster(found, async (wanted) =>
    clusters.denied ? rds.cluster(wanted, signal) : allClusters.find((one) => one.id === wanted),
  )
}

/** By the identifier in the host name; what is found must have that very host name, or it is another account's. */
async function lookUpEndpoint(name: EndpointTarget, rds: RdsApi, signal: AbortSignal): Promise<Found | undefined> {
  switch (name.of) {
    case 'instance': {
      const found = await lookUpName(name.id, 'instance', rds, signal)
      return found?.endpoint?.host === name.host ? found : undefined
    }
    case 'writer':
    case 'reader': {
      const found = await lookUpCluster(name.id, name.of, rds, signal)
      return found?.endpoint?.host === name.host ? found : undefined
    }
    case 'global': {
      const found = await lookUpCluster(name.id, 'writer', rds, signal)
      return found?.cluster && {...found, endpoint: {host: name.host, port: found.cluster.port}}
    }
    case 'custom': {
      // The name does not say which cluster: all are asked for, still in one round.
      const [endpoints, clusters, instances] = await Promise.all([
        rds.clusterEndpoints(undefined, signal),
        rds.clusters(signal),
        rds.instances(signal),
      ])
      const custom = endpoints.find(({host}) => host === name.host)
      const cluster = custom && clusters.find(({id}) => id === custom.clusterId)
      const members = instances.filter(({clusterId}) => clusterId === cluster?.id)
      return cluster && ofCustomEndpoint(name.text, custom, cluster, members)
    }
    case 'proxy':
    case 'shard-group':
      return undefined
  }
}

async function lookUpCluster(
  id: string,
  role: 'writer' | 'reader',
  rds: RdsApi,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const [cluster, members] = await Promise.all([rds.cluster(id, signal), unlessDenied(rds.clusterMembers(id, signal))])
  return cluster && ofCluster(cluster, await membersOf(cluster, members, rds, signal), role)
}

/** What was asked, or why it was denied. */
type Answer<T> =
  {readonly value: T; readonly denied?: undefined} | {readonly value?: undefined; readonly denied: DbtunnelError}

const NOTHING = Promise.resolve(undefined)
const NONE = Promise.resolve([])

async function unlessDenied<T>(question: Promise<T>): Promise<Answer<T>> {
  try {
    return {value: await question}
  } catch (error) {
    if (!hasCode(error, 'ACCESS_DENIED')) throw error
    return {denied: error}
  }
}

/** From the list of them; where that is denied, one by one, by the names that the cluster tells. */
async function membersOf(
  cluster: DatabaseCluster,
  listed: Answer<readonly DatabaseInstance[]>,
  rds: RdsApi,
  signal: AbortSignal,
): Promise<readonly DatabaseInstance[]> {
  if (!listed.denied) return listed.value
  const members = await Promise.all(cluster.members.map(({instanceId}) => rds.instance(instanceId, signal)))
  return members.filter((one) => one !== undefined)
}

/** An instance that is no cluster's member needs no more. */
async function withCluster(
  instance: DatabaseInstance,
  clusterNamed: (id: string) => Promise<DatabaseCluster | undefined>,
): Promise<Found> {
  const cluster = instance.clusterId === undefined ? undefined : await clusterNamed(instance.clusterId)
  return ofInstance(instance, cluster ? [cluster] : [])
}

/** Nothing, where an ARN names another account. */
function ofAccount(arn: DatabaseArn | undefined, found: Found | undefined): Found | undefined {
  const account = accountOf(found?.owner.arn)
  return arn && account !== undefined && account !== arn.account ? undefined : found
}

export function ofInstance(instance: DatabaseInstance, clusters: readonly DatabaseCluster[]): Found {
  const cluster = instance.clusterId === undefined ? undefined : clusters.find(({id}) => id === instance.clusterId)
  return {endpoint: instance.endpoint, owner: cluster ?? instance, cluster, instance}
}

/** The reader endpoint leads to the writer where there is no reader that serves. */
export function ofCluster(
  cluster: DatabaseCluster,
  members: readonly DatabaseInstance[],
  role: 'writer' | 'reader',
): Found {
  const writerId = cluster.members.find(({writer}) => writer)?.instanceId
  const writer = members.find(({id}) => id === writerId)
  const reader = members.find(({id, status}) => id !== writerId && isServing(status))
  const host = role === 'writer' ? cluster.writerHost : cluster.readerHost
  return {
    endpoint: host === undefined ? undefined : {host, port: cluster.port},
    owner: cluster,
    cluster,
    instance: role === 'writer' ? writer : (reader ?? writer),
  }
}

/** A custom endpoint can neither sign tokens nor is it in the certificate: one of its members takes its place. */
export function ofCustomEndpoint(
  text: string,
  custom: ClusterEndpoint,
  cluster: DatabaseCluster,
  members: readonly DatabaseInstance[],
): Found {
  const instance = chooseMember(custom, cluster, members)
  const standsFor =
    instance &&
    `${text} is a custom endpoint, for which no token can be signed: its member ${instance.id} takes its place.`
  return {endpoint: instance?.endpoint, owner: cluster, cluster, instance, standsFor}
}
