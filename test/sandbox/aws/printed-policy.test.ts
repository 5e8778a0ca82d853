import {DescribeInstancesCommand, EC2Client} from '@aws-sdk/client-ec2'
import {
  DescribeDBClusterEndpointsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from '@aws-sdk/client-rds'
import {
  DescribeInstanceInformationCommand,
  ResumeSessionCommand,
  SSMClient,
  StartSessionCommand,
  TerminateSessionCommand,
} from '@aws-sdk/client-ssm'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {
  describeStatement,
  loginStatement,
  ownSessionStatements,
  SESSION_DOCUMENT,
  startSessionStatements,
} from '../../../src/core/iam/statements.js'
import {ACCOUNT_ID, MACHINE, REGION} from '../account.js'
import {roleSession} from '../account/identities.js'
import {verdictOn} from './authorize.js'
import {failureOf, type Plane, startPlane} from './fixture.js'

const RESOURCE_ID = 'db-ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const scope = {region: REGION, account: ACCOUNT_ID}
const Statement = [
  ...startSessionStatements(scope),
  ...ownSessionStatements(scope),
  describeStatement(),
  loginStatement({...scope, resourceId: RESOURCE_ID, user: 'alice'}),
]

describe('the policy that dbtunnel prints', () => {
  let plane: Plane
  let ssm: SSMClient
  beforeAll(async () => {
    const policy = {Version: '2012-10-17', Statement} as const
    plane = await startPlane([roleSession('reader', 'Printed', [policy])])
    ssm = new SSMClient(plane.as('reader'))
  })
  afterAll(() => plane.aws.close())

  const Parameters = {host: ['db.example'], portNumber: ['5432'], localPortNumber: ['0']}
  const start = (request: {Target: string; DocumentName?: string}) =>
    ssm.send(new StartSessionCommand({...request, ...(request.DocumentName && {Parameters})}))
  const verdict = (action: string, resource: string): string => {
    const caller = plane.keys.find(plane.keys.keysOf('reader').accessKeyId)
    return caller ? verdictOn(caller, action, resource) : 'nobody'
  }

  it('is enough to find databases and bastions', async () => {
    const rds = new RDSClient(plane.as('reader'))
    await rds.send(new DescribeDBInstancesCommand({DBInstanceIdentifier: 'prod-db'}))
    await rds.send(new DescribeDBClustersCommand({DBClusterIdentifier: 'orders'}))
    await rds.send(new DescribeDBClusterEndpointsCommand({DBClusterIdentifier: 'orders'}))
    await new EC2Client(plane.as('reader')).send(new DescribeInstancesCommand({}))
    await ssm.send(new DescribeInstanceInformationCommand({}))
  })

  it("is enough to start, resume and end one's own sessions, and no one else's", async () => {
    const {SessionId} = await start({Target: MACHINE.bastionA, DocumentName: SESSION_DOCUMENT})
    expect((await ssm.send(new ResumeSessionCommand({SessionId}))).TokenValue).toBeDefined()
    const stranger = new SSMClient(plane.as('alice'))
    const denied = {name: 'AccessDeniedException'}
    expect(await failureOf(stranger.send(new TerminateSessionCommand({SessionId})))).toMatchObject(denied)
    await ssm.send(new TerminateSessionCommand({SessionId}))
  })

  it('opens no shell, no other document, no other machine', async () => {
    const denied = {name: 'AccessDeniedException'}
    const web = plane.account.instances.find(({tags}) => tags['Role'] === 'web')
    expect(await failureOf(start({Target: MACHINE.bastionA}))).toMatchObject(denied)
    const document = {Target: MACHINE.bastionA, DocumentName: 'SSM-SessionManagerRunShell'}
    expect(await failureOf(start(document))).toMatchObject(denied)
    const machine = {Target: web?.id ?? '', DocumentName: SESSION_DOCUMENT}
    expect(await failureOf(start(machine))).toMatchObject(denied)
  })

  it('lets one user log in to one database', () => {
    const users = `arn:aws:rds-db:${REGION}:${ACCOUNT_ID}:dbuser`
    expect(verdict('rds-db:connect', `${users}:${RESOURCE_ID}/alice`)).toBe('allowed')
    expect(verdict('rds-db:connect', `${users}:${RESOURCE_ID}/bob`)).toBe('implicit-deny')
    expect(verdict('rds-db:connect', `${users}:db-OTHER/alice`)).toBe('implicit-deny')
  })
})
