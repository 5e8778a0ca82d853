import {AwsFault} from '../fault.js'
import {type Cluster, type CustomEndpoint, type Database, type GlobalDatabase} from '../model.js'
import {type Page, pageOf} from '../page.js'
import {type QueryParameters} from '../query-parameters.js'
import {type Xml} from '../xml.js'
import {type Call} from './call.js'
import {type QueryAction} from './query-service.js'

/** RDS gives 100 at most; its pages may be shorter, and these are, so that every listing has several. */
const PAGE_SIZE = 20
const MAX_RECORDS = {least: 20, most: 100}

const describeDbInstances: QueryAction = (parameters, call) => {
  const id = parameters.get('DBInstanceIdentifier')?.toLowerCase()
  call.authorize(call.arn(`db:${id ?? '*'}`))
  const {databases} = call.account
  if (id !== undefined) {
    const one = databases.find((database) => database.id === id)
    if (!one) throw new AwsFault('DBInstanceNotFound', `DBInstance ${id} not found.`, 404)
    return {DBInstances: {DBInstance: [instanceXml(one, call)]}}
  }
  const keep = filterOf<Database>(parameters, {
    'db-instance-id': (database) => [database.id, call.arn(`db:${database.id}`)],
    'db-cluster-id': ({clusterId}) => (clusterId === undefined ? [] : [clusterId, call.arn(`cluster:${clusterId}`)]),
    'dbi-resource-id': ({resourceId}) => [resourceId],
    engine: ({engine}) => [engine],
    domain: () => [],
  })
  const {items, next} = rdsPage(databases, parameters, keep)
  return {Marker: next, DBInstances: {DBInstance: items.map((database) => instanceXml(database, call))}}
}

const describeDbClusters: QueryAction = (parameters, call) => {
  const id = parameters.get('DBClusterIdentifier')?.toLowerCase()
  call.authorize(call.arn(`cluster:${id ?? '*'}`))
  const {clusters} = call.account
  if (id !== undefined) return {DBClusters: {DBCluster: [clusterXml(clusterOf(call, id), call)]}}
  const keep = filterOf<Cluster>(parameters, {
    'db-cluster-id': (cluster) => [cluster.id, call.arn(`cluster:${cluster.id}`)],
    'db-cluster-resource-id': ({resourceId}) => [resourceId],
    engine: ({engine}) => [engine],
    'clone-group-id': () => [],
    domain: () => [],
  })
  const {items, next} = rdsPage(clusters, parameters, keep)
  return {Marker: next, DBClusters: {DBCluster: items.map((cluster) => clusterXml(cluster, call))}}
}

/** Aurora's endpoints; a Multi-AZ cluster's stand in DescribeDBClusters alone. */
const describeDbClusterEndpoints: QueryAction = (parameters, call) => {
  const clusterId = parameters.get('DBClusterIdentifier')?.toLowerCase()
  const endpointId = parameters.get('DBClusterEndpointIdentifier')?.toLowerCase()
  call.authorize(call.arn(`cluster:${clusterId ?? '*'}`))
  const clusters = clusterId === undefined ? call.account.clusters : [clusterOf(call, clusterId)]
  const all = clusters.filter(isAurora).flatMap(endpointsOf)
  const asked = filterOf<ClusterEndpoint>(parameters, {
    'db-cluster-endpoint-type': ({type}) => [type.toLowerCase()],
    'db-cluster-endpoint-custom-type': ({custom}) => (custom ? [custom.kind.toLowerCase()] : []),
    'db-cluster-endpoint-id': ({custom}) => (custom ? [custom.id] : []),
    'db-cluster-endpoint-status': ({status}) => [status],
  })
  const {items, next} = rdsPage(all, parameters, (endpoint) => {
    return (endpointId === undefined || endpoint.custom?.id === endpointId) && asked(endpoint)
  })
  return {Marker: next, DBClusterEndpoints: {DBClusterEndpointList: items.map((item) => endpointXml(item, call))}}
}

/** In each region that a global database has a cluster in. */
const describeGlobalClusters: QueryAction = (parameters, call) => {
  const id = parameters.get('GlobalClusterIdentifier')?.toLowerCase()
  call.authorize(`arn:aws:rds::${call.account.id}:global-cluster:${id ?? '*'}`)
  const here = call.account.globalDatabases
  if (id !== undefined && !here.some((one) => one.id === id)) {
    throw new AwsFault('GlobalClusterNotFoundFault', `Global cluster ${id} not found.`, 404)
  }
  const {items, next} = rdsPage(here, parameters, (one) => id === undefined || one.id === id)
  return {Marker: next, GlobalClusters: {GlobalClusterMember: items.map((one) => globalXml(one, call))}}
}

export const RDS_ACTIONS: Readonly<Record<string, QueryAction>> = {
  DescribeDBInstances: describeDbInstances,
  DescribeDBClusters: describeDbClusters,
  DescribeDBClusterEndpoints: describeDbClusterEndpoints,
  DescribeGlobalClusters: describeGlobalClusters,
}

interface ClusterEndpoint {
  readonly cluster: Cluster
  readonly type: 'WRITER' | 'READER' | 'CUSTOM'
  readonly host: string
  readonly status: string
  readonly custom?: CustomEndpoint | undefined
}

function endpointsOf(cluster: Cluster): ClusterEndpoint[] {
  return [
    {cluster, type: 'WRITER', host: cluster.writerHost, status: 'available'},
    {cluster, type: 'READER', host: cluster.readerHost, status: 'available'},
    ...cluster.customEndpoints.map(
      (custom) => ({cluster, type: 'CUSTOM', host: custom.host, status: custom.status, custom}) as const,
    ),
  ]
}

function isAurora({engine}: Cluster): boolean {
  return engine.startsWith('aurora')
}

function clusterOf(call: Call, id: string): Cluster {
  const cluster = call.account.clusters.find((one) => one.id === id)
  if (!cluster) throw new AwsFault('DBClusterNotFoundFault', `DBCluster ${id} not found.`, 404)
  return cluster
}

/** Names of a filter and what an item shows to it; filters are and-ed, values or-ed. */
function filterOf<T>(
  parameters: QueryParameters,
  known: Readonly<Record<string, (item: T) => readonly string[]>>,
): (item: T) => boolean {
  const tests = parameters.structures('Filters.Filter').map((filter) => {
    const name = filter.get('Name') ?? ''
    const values = filter.list('Values.Value')
    const read = known[name]
    if (!read) throw new AwsFault('InvalidParameterValue', `Unrecognized filter name: ${name}`)
    if (values.length === 0) throw new AwsFault('InvalidParameterValue', `Filter ${name} has no values.`)
    return (item: T) => read(item).some((value) => values.includes(value))
  })
  return (item) => tests.every((test) => test(item))
}

function rdsPage<T>(all: readonly T[], parameters: QueryParameters, keep: (item: T) => boolean): Page<T> {
  const asked = parameters.get('MaxRecords')
  const size = asked === undefined ? MAX_RECORDS.most : Number(asked)
  if (!(size >= MAX_RECORDS.least && size <= MAX_RECORDS.most)) {
    throw new AwsFault('InvalidParameterValue', `Invalid value ${asked} for MaxRecords. Must be between 20 and 100`)
  }
  const {Marker: token, MaxRecords: _, ...question} = parameters.toJSON()
  const page = pageOf(all, {limit: Math.min(size, PAGE_SIZE), token, question: JSON.stringify(question)}, keep)
  if (!page) throw new AwsFault('InvalidParameterValue', 'Invalid or expired marker.')
  return page
}

function instanceXml(database: Database, call: Call): Xml {
  const {host, port, zone} = database
  return {
    DBInstanceIdentifier: database.id,
    DBInstanceClass: 'db.t4g.medium',
    Engine: database.engine,
    EngineVersion: database.engineVersion,
    DBInstanceStatus: database.status,
    MasterUsername: 'postgres',
    DBName: database.databaseName,
    Endpoint: host === undefined ? undefined : {Address: host, Port: port, HostedZoneId: 'Z29XKXDKYMONMX'},
    AllocatedStorage: 100,
    VpcSecurityGroups: {VpcSecurityGroupMembership: database.securityGroupIds.map(membershipXml)},
    AvailabilityZone: zone,
    DBSubnetGroup: {DBSubnetGroupName: 'private', SubnetGroupStatus: 'Complete', VpcId: database.vpcId},
    MultiAZ: false,
    PubliclyAccessible: false,
    StorageEncrypted: true,
    DBClusterIdentifier: database.clusterId,
    DbiResourceId: database.resourceId,
    DbInstancePort: 0,
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    IAMDatabaseAuthenticationEnabled: database.iamLogin,
    DBInstanceArn: call.arn(`db:${database.id}`),
    TagList: tagsXml(database.tags),
  }
}

function clusterXml(cluster: Cluster, call: Call): Xml {
  const zones = cluster.members.flatMap(({instanceId}) => {
    const zone = call.account.databases.find(({id}) => id === instanceId)?.zone
    return zone === undefined ? [] : [zone]
  })
  return {
    DBClusterIdentifier: cluster.id,
    GlobalClusterIdentifier: call.account.globalDatabases.find(({writerId}) => writerId === cluster.id)?.id,
    Engine: cluster.engine,
    EngineVersion: cluster.engineVersion,
    Status: cluster.status,
    DatabaseName: cluster.databaseName,
    Endpoint: cluster.writerHost,
    ReaderEndpoint: cluster.readerHost,
    CustomEndpoints: {member: cluster.customEndpoints.map(({host}) => host)},
    Port: cluster.port,
    MasterUsername: 'postgres',
    MultiAZ: cluster.members.length > 1,
    AvailabilityZones: {AvailabilityZone: [...new Set(zones)]},
    VpcSecurityGroups: {VpcSecurityGroupMembership: cluster.securityGroupIds.map(membershipXml)},
    DBClusterMembers: {
      DBClusterMember: cluster.members.map(({instanceId, writer}) => ({
        DBInstanceIdentifier: instanceId,
        IsClusterWriter: writer,
        DBClusterParameterGroupStatus: 'in-sync',
        PromotionTier: 1,
      })),
    },
    StorageEncrypted: true,
    DbClusterResourceId: cluster.resourceId,
    DBClusterArn: call.arn(`cluster:${cluster.id}`),
    IAMDatabaseAuthenticationEnabled: cluster.iamLogin,
    TagList: tagsXml(cluster.tags),
  }
}

function globalXml({id, host, writerId, otherRegions}: GlobalDatabase, call: Call): Xml {
  const others = otherRegions.map((region) => `arn:aws:rds:${region}:${call.account.id}:cluster:${id}-${region}`)
  const writer = `arn:aws:rds:${call.home}:${call.account.id}:cluster:${writerId}`
  return {
    GlobalClusterIdentifier: id,
    GlobalClusterArn: `arn:aws:rds::${call.account.id}:global-cluster:${id}`,
    Status: 'available',
    Engine: 'aurora-postgresql',
    GlobalClusterMembers: {
      GlobalClusterMember: [
        {DBClusterArn: writer, IsWriter: true, Readers: {member: others}},
        ...others.map((DBClusterArn) => ({DBClusterArn, IsWriter: false})),
      ],
    },
    Endpoint: host,
  }
}

function endpointXml({cluster, type, host, status, custom}: ClusterEndpoint, call: Call): Xml {
  return {
    DBClusterEndpointIdentifier: custom?.id,
    DBClusterIdentifier: cluster.id,
    Endpoint: host,
    Status: status,
    EndpointType: type,
    CustomEndpointType: custom?.kind,
    StaticMembers: custom && {member: custom.staticMembers},
    ExcludedMembers: custom && {member: custom.excludedMembers},
    DBClusterEndpointArn: custom && call.arn(`cluster-endpoint:${custom.id}`),
  }
}

function tagsXml(tags: Database['tags'] = {}): Xml {
  return {Tag: Object.entries(tags).map(([Key, Value]) => ({Key, Value}))}
}

function membershipXml(id: string): Xml {
  return {VpcSecurityGroupId: id, Status: 'active'}
}
