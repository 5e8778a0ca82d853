import type {ClusterEndpoint, DatabaseCluster, DatabaseInstance, Endpoint, RdsApi} from '../core/ports/aws.js'
import {chooseMember} from './choose-member.js'
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

/** One round of Describe calls, side by side. Undefined when there is nothing of that name. */
export async function lookUp(name: TargetName, rds: RdsApi, signal: AbortSignal): Promise<Found | undefined> {
  switch (name.kind) {
    case 'name': {
      // All clusters and not the one of that name: an instance may be a member of any.
      const [instance, members, clusters] = await Promise.all([
        rds.instance(name.id, signal),
        rds.clusterMembers(name.id, signal),
        rds.clusters(signal),
      ])
      if (instance) return ofInstance(instance, clusters)
      const cluster = clusters.find(({id}) => id === name.id)
      return cluster && ofCluster(cluster, members, 'writer')
    }
    case 'reader': {
      const [cluster, members] = await Promise.all([
        rds.cluster(name.clusterId, signal),
        rds.clusterMembers(name.clusterId, signal),
      ])
      return cluster && ofCluster(cluster, members, 'reader')
    }
    case 'custom': {
      const [cluster, members, endpoints] = await Promise.all([
        rds.cluster(name.clusterId, signal),
        rds.clusterMembers(name.clusterId, signal),
        rds.clusterEndpoints(name.clusterId, signal),
      ])
      const custom = endpoints.find(({kind, id}) => kind === 'CUSTOM' && id === name.endpointId)
      return cluster && custom && ofCustomEndpoint(name.text, custom, cluster, members)
    }
    case 'endpoint':
      return lookUpEndpoint(name, rds, signal)
  }
}

/** By the identifier in the host name; what is found must have that very host name, or it is another account's. */
async function lookUpEndpoint(name: EndpointTarget, rds: RdsApi, signal: AbortSignal): Promise<Found | undefined> {
  switch (name.of) {
    case 'instance': {
      const [instance, clusters] = await Promise.all([rds.instance(name.id, signal), rds.clusters(signal)])
      return instance?.endpoint?.host === name.host ? ofInstance(instance, clusters) : undefined
    }
    case 'writer':
    case 'reader': {
      const [cluster, members] = await Promise.all([rds.cluster(name.id, signal), rds.clusterMembers(name.id, signal)])
      const found = cluster && ofCluster(cluster, members, name.of)
      return found?.endpoint?.host === name.host ? found : undefined
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
      return undefined
  }
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
