import {type Cluster, type CustomEndpoint, type Database, type GlobalDatabase} from '../aws/model.js'
import {type DatabaseUser} from '../database/endpoint.js'
import {endpointNames, REGION, resourceIdOf} from './names.js'
import {GROUP, VPC} from './network.js'

const NAMES = endpointNames('c9akciq32rgw')

/** One person each, one service, and one who was never granted `rds_iam`. */
export const USERS: readonly DatabaseUser[] = [
  {name: 'alice', rdsIam: true},
  {name: 'bob', rdsIam: true},
  {name: 'carol@example.com', rdsIam: true},
  {name: 'reporting', rdsIam: true},
  {name: 'password_only', rdsIam: false},
]

const zone = (letter: 'a' | 'b' | 'c'): string => `${REGION}${letter}`

/** A PostgreSQL instance in private subnets of the production VPC, but for what is said otherwise. */
function instance(id: string, change: Partial<Database> = {}): Database {
  return {
    id,
    engine: 'postgres',
    engineVersion: '16.4',
    status: 'available',
    host: NAMES.instance(id),
    port: 5432,
    resourceId: resourceIdOf('db', id),
    vpcId: VPC.prod,
    zone: zone('a'),
    iamLogin: true,
    securityGroupIds: [GROUP.databases],
    users: USERS,
    ...change,
  }
}

const mysql = {engine: 'mysql', engineVersion: '8.0.39', port: 3306}
const carts = {engine: 'aurora-mysql', engineVersion: '8.0.mysql_aurora.3.08.0', port: 3306, databaseName: 'carts'}

export function databases(): Database[] {
  const tenants = Array.from({length: 24}, (_, index) => `tenant-${String(index + 1).padStart(2, '0')}`)
  return [
    ...tenants.map((id) => instance(id, {databaseName: 'tenant', zone: zone('b')})),
    instance('prod-db', {databaseName: 'shop', tags: {Team: 'shop', Stage: 'prod'}}),
    instance('billing-db', {port: 5433, databaseName: 'billing', zone: zone('b')}),
    /** Has no DBName: `postgres` is all that is there. */
    instance('metrics-db', {zone: zone('c')}),
    instance('legacy-db', {iamLogin: false, engineVersion: '12.19'}),
    instance('reports-db', {status: 'stopped'}),
    instance('fresh-db', {status: 'creating', host: undefined, zone: undefined}),
    instance('sealed-db', {securityGroupIds: [GROUP.sealed]}),
    instance('staging-db', {vpcId: VPC.staging, securityGroupIds: [GROUP.stagingDatabases], databaseName: 'shop'}),
    instance('shop-db', {...mysql, databaseName: 'shop'}),
    instance('wiki-mysql', {...mysql, engineVersion: '8.4.3', databaseName: 'wiki', zone: zone('b')}),
    instance('blog-db', {...mysql, engine: 'mariadb', engineVersion: '10.11.8', databaseName: 'blog'}),
    instance('legacy-mysql', {...mysql, iamLogin: false, databaseName: 'legacy'}),
    instance('erp-oracle', {engine: 'oracle-se2', engineVersion: '19.0.0.0', port: 1521, users: []}),
    ...members(),
  ]
}

/** Members log in under the cluster's resource id; their own is good for nothing. */
function members(): Database[] {
  const aurora = {engine: 'aurora-postgresql', clusterId: 'orders', databaseName: 'orders'}
  const multiAz = {clusterId: 'ledger', databaseName: 'ledger'}
  return [
    instance('orders-1', {...aurora, zone: zone('a')}),
    instance('orders-2', {...aurora, zone: zone('b')}),
    instance('orders-3', {...aurora, zone: zone('c')}),
    instance('ledger-instance-1', {...multiAz, zone: zone('a')}),
    instance('ledger-instance-2', {...multiAz, zone: zone('b')}),
    instance('ledger-instance-3', {...multiAz, zone: zone('c')}),
    instance('archive-1', {...aurora, clusterId: 'archive', databaseName: 'archive', status: 'stopped'}),
    instance('carts-1', {...carts, clusterId: 'carts', zone: zone('a')}),
    instance('carts-2', {...carts, clusterId: 'carts', zone: zone('b')}),
    instance('documents-1', {engine: 'docdb', clusterId: 'documents', port: 27017, users: []}),
  ]
}

function cluster(id: string, memberIds: readonly string[], change: Partial<Cluster> = {}): Cluster {
  return {
    id,
    engine: 'aurora-postgresql',
    engineVersion: '16.4',
    status: 'available',
    port: 5432,
    resourceId: resourceIdOf('cluster', id),
    iamLogin: true,
    databaseName: id,
    writerHost: NAMES.cluster(id, 'cluster'),
    readerHost: NAMES.cluster(id, 'cluster-ro'),
    members: memberIds.map((instanceId, index) => ({instanceId, writer: index === 0})),
    customEndpoints: [],
    securityGroupIds: [GROUP.databases],
    users: USERS,
    ...change,
  }
}

/** A custom endpoint that leads to one member. */
function reader(id: string, member: string): CustomEndpoint {
  const host = NAMES.cluster(id, 'cluster-custom')
  return {id, host, kind: 'READER', status: 'available', staticMembers: [member], excludedMembers: []}
}

export function clusters(): Cluster[] {
  return [
    cluster('orders', ['orders-1', 'orders-2', 'orders-3'], {
      customEndpoints: [reader('analytics', 'orders-3')],
      tags: {Team: 'orders', Stage: 'prod'},
    }),
    /** A Multi-AZ DB cluster: its engine is not Aurora. */
    cluster('ledger', ['ledger-instance-1', 'ledger-instance-2', 'ledger-instance-3'], {engine: 'postgres'}),
    cluster('archive', ['archive-1'], {status: 'stopped'}),
    cluster('carts', ['carts-1', 'carts-2'], {...carts, customEndpoints: [reader('checkout', 'carts-2')]}),
    /** Amazon DocumentDB's clusters are listed among RDS's. */
    cluster('documents', ['documents-1'], {engine: 'docdb', port: 27017, iamLogin: false, users: []}),
  ]
}

/** Its writer is here; a second cluster of it is in Ohio. */
export function globalDatabases(): GlobalDatabase[] {
  return [{id: 'world', host: NAMES.global('world'), writerId: 'orders', otherRegions: ['us-east-2']}]
}
