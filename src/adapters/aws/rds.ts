import type {DBCluster, DBClusterEndpoint, DBInstance, GlobalCluster} from '@aws-sdk/client-rds'
import type {
  ClusterEndpoint,
  DatabaseCluster,
  DatabaseInstance,
  Endpoint,
  GlobalDatabase,
  RdsApi,
} from '../../core/ports/aws.js'
import {causedBy} from './caused-by.js'
import type {Connection} from './connection.js'
import {allPages} from './pages.js'

/** The most that a page may hold. */
const MaxRecords = 100

export function rdsApi(connection: Connection): RdsApi {
  const load = connection.loader(async () => {
    const sdk = await import('./clients/rds.js')
    return {sdk, client: connection.adopt(new sdk.RDSClient(connection.clientConfig))}
  })

  const instances = async (
    query: {DBInstanceIdentifier?: string; Filters?: {Name: string; Values: string[]}[]},
    signal?: AbortSignal,
  ): Promise<readonly DatabaseInstance[]> => {
    const {sdk, client} = await load()
    const action = 'rds:DescribeDBInstances'
    const found = await allPages(action, async (Marker) => {
      const input = {...query, MaxRecords, ...(Marker === undefined ? {} : {Marker})}
      const send = new sdk.DescribeDBInstancesCommand(input)
      const answer = await connection.ask(action, (options) => client.send(send, options), signal)
      return {items: answer.DBInstances, next: answer.Marker}
    }).catch(noneIf('DBInstanceNotFoundFault', 'DBInstanceNotFound', 'DBClusterNotFoundFault'))
    return found.flatMap((one) => instanceOf(one))
  }

  const clusters = async (
    query: {DBClusterIdentifier?: string},
    signal?: AbortSignal,
  ): Promise<readonly DatabaseCluster[]> => {
    const {sdk, client} = await load()
    const action = 'rds:DescribeDBClusters'
    const found = await allPages(action, async (Marker) => {
      const input = {...query, MaxRecords, ...(Marker === undefined ? {} : {Marker})}
      const send = new sdk.DescribeDBClustersCommand(input)
      const answer = await connection.ask(action, (options) => client.send(send, options), signal)
      return {items: answer.DBClusters, next: answer.Marker}
    }).catch(noneIf('DBClusterNotFoundFault'))
    return found.flatMap((one) => clusterOf(one))
  }

  return {
    instance: async (id, signal) => (await instances({DBInstanceIdentifier: id}, signal))[0],
    instances: (signal) => instances({}, signal),
    clusterMembers: (id, signal) => instances({Filters: [{Name: 'db-cluster-id', Values: [id]}]}, signal),
    cluster: async (id, signal) => (await clusters({DBClusterIdentifier: id}, signal))[0],
    clusters: (signal) => clusters({}, signal),
    async globalDatabase(id, signal) {
      const {sdk, client} = await load()
      const action = 'rds:DescribeGlobalClusters'
      const send = new sdk.DescribeGlobalClustersCommand({GlobalClusterIdentifier: id})
      const found = await connection
        .ask(action, (options) => client.send(send, options), signal)
        .then(({GlobalClusters = []}) => GlobalClusters)
        .catch(noneIf('GlobalClusterNotFoundFault'))
      return found.flatMap((one) => globalDatabaseOf(one))[0]
    },
    async clusterEndpoints(clusterId, signal) {
      const {sdk, client} = await load()
      const action = 'rds:DescribeDBClusterEndpoints'
      const query = clusterId === undefined ? {} : {DBClusterIdentifier: clusterId}
      const found = await allPages(action, async (Marker) => {
        const input = {...query, MaxRecords, ...(Marker === undefined ? {} : {Marker})}
        const send = new sdk.DescribeDBClusterEndpointsCommand(input)
        const answer = await connection.ask(action, (options) => client.send(send, options), signal)
        return {items: answer.DBClusterEndpoints, next: answer.Marker}
      }).catch(noneIf('DBClusterNotFoundFault'))
      return found.flatMap((one) => clusterEndpointOf(one))
    },
  }
}

/** For `catch`: an empty list when the failure is one of these. */
function noneIf(...names: readonly string[]): (error: unknown) => readonly never[] {
  return (error) => {
    if (causedBy(error, ...names)) return []
    throw error
  }
}

function instanceOf(one: DBInstance): readonly DatabaseInstance[] {
  if (!one.DBInstanceIdentifier) return []
  return [
    {
      id: one.DBInstanceIdentifier,
      arn: one.DBInstanceArn,
      engine: one.Engine ?? '',
      status: one.DBInstanceStatus ?? '',
      endpoint: endpointOf(one.Endpoint?.Address, one.Endpoint?.Port),
      resourceId: one.DbiResourceId ?? '',
      clusterId: one.DBClusterIdentifier,
      vpcId: one.DBSubnetGroup?.VpcId,
      zone: one.AvailabilityZone,
      iamLogin: one.IAMDatabaseAuthenticationEnabled ?? false,
      databaseName: one.DBName,
      masterUser: one.MasterUsername,
      securityGroupIds: (one.VpcSecurityGroups ?? []).flatMap(({VpcSecurityGroupId: id}) => id ?? []),
      tags: tagsOf(one.TagList),
    },
  ]
}

function clusterOf(one: DBCluster): readonly DatabaseCluster[] {
  if (!one.DBClusterIdentifier) return []
  return [
    {
      id: one.DBClusterIdentifier,
      arn: one.DBClusterArn,
      globalId: one.GlobalClusterIdentifier,
      engine: one.Engine ?? '',
      status: one.Status ?? '',
      port: one.Port ?? 0,
      writerHost: one.Endpoint?.toLowerCase(),
      readerHost: one.ReaderEndpoint?.toLowerCase(),
      resourceId: one.DbClusterResourceId ?? '',
      iamLogin: one.IAMDatabaseAuthenticationEnabled ?? false,
      databaseName: one.DatabaseName,
      masterUser: one.MasterUsername,
      members: (one.DBClusterMembers ?? []).flatMap(({DBInstanceIdentifier: instanceId, IsClusterWriter: writer}) =>
        instanceId ? {instanceId, writer: writer ?? false} : [],
      ),
      tags: tagsOf(one.TagList),
    },
  ]
}

function globalDatabaseOf(one: GlobalCluster): readonly GlobalDatabase[] {
  if (!one.GlobalClusterIdentifier) return []
  const writer = one.GlobalClusterMembers?.find(({IsWriter}) => IsWriter)
  return [{id: one.GlobalClusterIdentifier, host: one.Endpoint?.toLowerCase(), writer: writer?.DBClusterArn}]
}

function clusterEndpointOf(one: DBClusterEndpoint): readonly ClusterEndpoint[] {
  const kind = (['WRITER', 'READER', 'CUSTOM'] as const).find((word) => word === one.EndpointType)
  if (!one.Endpoint || !kind) return []
  return [
    {
      id: one.DBClusterEndpointIdentifier,
      clusterId: one.DBClusterIdentifier,
      host: one.Endpoint.toLowerCase(),
      kind,
      customKind: (['READER', 'ANY', 'WRITER'] as const).find((word) => word === one.CustomEndpointType),
      status: one.Status ?? '',
      staticMembers: one.StaticMembers ?? [],
      excludedMembers: one.ExcludedMembers ?? [],
    },
  ]
}

function tagsOf(list: DBInstance['TagList']): Readonly<Record<string, string>> {
  return Object.fromEntries((list ?? []).flatMap(({Key: key, Value: value}) => (key ? [[key, value ?? '']] : [])))
}

function endpointOf(host: string | undefined, port: number | undefined): Endpoint | undefined {
  return host && port ? {host: host.toLowerCase(), port} : undefined
}
