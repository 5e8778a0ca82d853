import {
  DescribeDBClusterEndpointsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  paginateDescribeDBClusterEndpoints,
  paginateDescribeDBInstances,
  RDSClient,
} from '@aws-sdk/client-rds'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {failureOf, type Plane, startPlane} from './fixture.js'

describe('RDS', () => {
  let plane: Plane
  let rds: RDSClient
  beforeAll(async () => {
    plane = await startPlane()
    rds = new RDSClient(plane.as())
  })
  afterAll(() => plane.aws.close())

  const instance = async (DBInstanceIdentifier: string) =>
    (await rds.send(new DescribeDBInstancesCommand({DBInstanceIdentifier}))).DBInstances?.[0]
  const cluster = async (DBClusterIdentifier: string) =>
    (await rds.send(new DescribeDBClustersCommand({DBClusterIdentifier}))).DBClusters?.[0]

  it('describes an instance as the SDK reads it', async () => {
    expect(await instance('PROD-DB')).toMatchObject({
      DBInstanceIdentifier: 'prod-db',
      Engine: 'postgres',
      DBInstanceStatus: 'available',
      DBName: 'shop',
      Endpoint: {Address: 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com', Port: 5432},
      AvailabilityZone: 'eu-west-1a',
      DBSubnetGroup: {VpcId: expect.stringMatching(/^vpc-[0-9a-f]{17}$/)},
      VpcSecurityGroups: [{VpcSecurityGroupId: expect.stringMatching(/^sg-/), Status: 'active'}],
      DbiResourceId: expect.stringMatching(/^db-[A-Z2-7]{26}$/),
      DBInstanceArn: 'arn:aws:rds:eu-west-1:412093857610:db:prod-db',
      IAMDatabaseAuthenticationEnabled: true,
    })
  })

  it('has the account that the tests need', async () => {
    expect(await instance('legacy-db')).toMatchObject({IAMDatabaseAuthenticationEnabled: false})
    expect(await instance('reports-db')).toMatchObject({DBInstanceStatus: 'stopped'})
    const creating = await instance('fresh-db')
    expect(creating).toMatchObject({DBInstanceStatus: 'creating'})
    expect(creating).not.toHaveProperty('Endpoint')
    expect(await instance('billing-db')).toMatchObject({Endpoint: {Port: 5433}})
    expect(await instance('wiki-mysql')).toMatchObject({Engine: 'mysql', Endpoint: {Port: 3306}})
    expect(await instance('metrics-db')).not.toHaveProperty('DBName')
    expect(await instance('orders-2')).toMatchObject({DBClusterIdentifier: 'orders', Engine: 'aurora-postgresql'})
  })

  it('describes clusters: members, endpoints, no VPC', async () => {
    const orders = await cluster('orders')
    expect(orders).toMatchObject({
      Engine: 'aurora-postgresql',
      Endpoint: 'orders.cluster-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
      ReaderEndpoint: 'orders.cluster-ro-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
      CustomEndpoints: ['analytics.cluster-custom-c9akciq32rgw.eu-west-1.rds.amazonaws.com'],
      DbClusterResourceId: expect.stringMatching(/^cluster-[A-Z2-7]{26}$/),
      DBClusterMembers: [
        {DBInstanceIdentifier: 'orders-1', IsClusterWriter: true},
        {DBInstanceIdentifier: 'orders-2', IsClusterWriter: false},
        {DBInstanceIdentifier: 'orders-3', IsClusterWriter: false},
      ],
    })
    expect(JSON.stringify(orders)).not.toContain('vpc-')
    expect(await cluster('ledger')).toMatchObject({Engine: 'postgres', CustomEndpoints: []})
  })

  it("lists an Aurora cluster's endpoints, and none of a Multi-AZ cluster", async () => {
    const endpoints = []
    const query = {DBClusterIdentifier: 'orders'}
    for await (const page of paginateDescribeDBClusterEndpoints({client: rds}, query)) {
      endpoints.push(...(page.DBClusterEndpoints ?? []))
    }
    expect(endpoints.map(({EndpointType}) => EndpointType)).toEqual(['WRITER', 'READER', 'CUSTOM'])
    expect(endpoints[2]).toMatchObject({
      DBClusterEndpointIdentifier: 'analytics',
      CustomEndpointType: 'READER',
      StaticMembers: ['orders-3'],
      ExcludedMembers: [],
    })
    const ledger = await rds.send(new DescribeDBClusterEndpointsCommand({DBClusterIdentifier: 'ledger'}))
    expect(ledger.DBClusterEndpoints).toEqual([])
  })

  it('says what does not exist: the wire has one word, the SDK another', async () => {
    expect(await failureOf(instance('no-such-db'))).toEqual({
      name: 'DBInstanceNotFoundFault',
      status: 404,
      message: 'DBInstance no-such-db not found.',
    })
    expect(await failureOf(cluster('prod-db'))).toMatchObject({name: 'DBClusterNotFoundFault', status: 404})
    const endpoints = rds.send(new DescribeDBClusterEndpointsCommand({DBClusterIdentifier: 'none'}))
    expect(await failureOf(endpoints)).toMatchObject({name: 'DBClusterNotFoundFault'})
  })

  it('gives lists in several pages, filtered ones too, some of them empty', async () => {
    const sizes: number[] = []
    const ids: (string | undefined)[] = []
    for await (const {DBInstances = []} of paginateDescribeDBInstances({client: rds}, {})) {
      sizes.push(DBInstances.length)
      ids.push(...DBInstances.map(({DBInstanceIdentifier}) => DBInstanceIdentifier))
    }
    expect(sizes.length).toBeGreaterThan(1)
    expect(new Set(ids).size).toBe(plane.account.databases.length)

    const members: (string | undefined)[] = []
    const pages: number[] = []
    const Filters = [{Name: 'db-cluster-id', Values: ['orders']}]
    for await (const {DBInstances = []} of paginateDescribeDBInstances({client: rds}, {Filters})) {
      pages.push(DBInstances.length)
      members.push(...DBInstances.map(({DBInstanceIdentifier}) => DBInstanceIdentifier))
    }
    expect(members).toEqual(['orders-1', 'orders-2', 'orders-3'])
    expect(pages).toContain(0)
  })

  it('refuses what RDS refuses: page sizes, filters and markers', async () => {
    const list = (input: object) => failureOf(rds.send(new DescribeDBInstancesCommand(input)))
    const {Marker} = await rds.send(new DescribeDBInstancesCommand({}))
    const named = [
      {MaxRecords: 19},
      {MaxRecords: 101},
      {Filters: [{Name: 'vpc-id', Values: ['x']}]},
      {Marker: 'made-up'},
      {Marker, Filters: [{Name: 'engine', Values: ['postgres']}]},
    ]
    for (const input of named) expect((await list(input)).name).toMatch(/^InvalidParameterValue/)
  })
})
