import {DescribeInstancesCommand, DescribeSecurityGroupsCommand, EC2Client} from '@aws-sdk/client-ec2'
import {
  DescribeDBClusterEndpointsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from '@aws-sdk/client-rds'
import {
  DescribeInstanceInformationCommand,
  DescribeSessionsCommand,
  ResumeSessionCommand,
  SSMClient,
  StartSessionCommand,
  TerminateSessionCommand,
} from '@aws-sdk/client-ssm'
import {GetCallerIdentityCommand, STSClient} from '@aws-sdk/client-sts'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {MACHINE} from '../account.js'
import {verdictOn} from './authorize.js'
import {failureOf, type Plane, startPlane} from './fixture.js'

const DOCUMENT = 'AWS-StartPortForwardingSessionToRemoteHost'
const PARAMETERS = {host: ['db.example'], portNumber: ['5432'], localPortNumber: ['0']}

describe('permissions', () => {
  let plane: Plane
  beforeAll(async () => {
    plane = await startPlane()
  })
  afterAll(() => plane.aws.close())

  const start = (identity: string, DocumentName: string | undefined = DOCUMENT, Target = MACHINE.bastionA) =>
    new SSMClient(plane.as(identity)).send(new StartSessionCommand({Target, DocumentName, Parameters: PARAMETERS}))

  /** StartSession without a document, as `aws ssm start-session` sends it for a shell. */
  const shell = (identity: string) =>
    new SSMClient(plane.as(identity)).send(new StartSessionCommand({Target: MACHINE.bastionA}))

  /** A session of someone with the same name, role session and all but this permission. */
  const sessionOf = async (identity: string): Promise<string> => (await start(identity)).SessionId ?? ''

  const calls: Record<string, (identity: string) => Promise<unknown>> = {
    'rds:DescribeDBInstances': (identity) =>
      new RDSClient(plane.as(identity)).send(new DescribeDBInstancesCommand({DBInstanceIdentifier: 'prod-db'})),
    'rds:DescribeDBClusters': (identity) => new RDSClient(plane.as(identity)).send(new DescribeDBClustersCommand({})),
    'rds:DescribeDBClusterEndpoints': (identity) =>
      new RDSClient(plane.as(identity)).send(new DescribeDBClusterEndpointsCommand({DBClusterIdentifier: 'orders'})),
    'ec2:DescribeInstances': (identity) => new EC2Client(plane.as(identity)).send(new DescribeInstancesCommand({})),
    'ec2:DescribeSecurityGroups': (identity) =>
      new EC2Client(plane.as(identity)).send(new DescribeSecurityGroupsCommand({})),
    'ssm:DescribeInstanceInformation': (identity) =>
      new SSMClient(plane.as(identity)).send(new DescribeInstanceInformationCommand({})),
    'ssm:DescribeSessions': (identity) =>
      new SSMClient(plane.as(identity)).send(new DescribeSessionsCommand({State: 'Active'})),
    'ssm:StartSession': (identity) => start(identity),
    'ssm:ResumeSession': async (identity) =>
      new SSMClient(plane.as(identity)).send(new ResumeSessionCommand({SessionId: await sessionOf(identity)})),
    'ssm:TerminateSession': async (identity) =>
      new SSMClient(plane.as(identity)).send(new TerminateSessionCommand({SessionId: await sessionOf(identity)})),
  }

  describe.each(Object.keys(calls))('%s', (action) => {
    it.each(['alice', 'bob', 'carol', 'admin'])('is allowed to %s', async (identity) => {
      await expect(calls[action]?.(identity)).resolves.toBeDefined()
    })

    it('is denied to whoever lacks just this permission, who keeps all others', async () => {
      const identity = `without-${action}`
      const failure = await failureOf(calls[action]?.(identity) ?? Promise.resolve())
      const codes = {
        rds: [403, 'AccessDenied'],
        ec2: [403, 'UnauthorizedOperation'],
        ssm: [400, 'AccessDeniedException'],
      }
      const [status, name] = codes[action.split(':')[0] as keyof typeof codes]
      expect(failure).toMatchObject({status, name})
      expect(failure.message).toMatch(/User: arn:aws:sts::412093857610:assumed-role\/Without-[\w-]+\/alice is not/)
      expect(failure.message).toContain(`is not authorized to perform: ${action}`)
      expect(failure.message).toContain(`because no identity-based policy allows the ${action} action`)
      for (const [other, call] of Object.entries(calls)) {
        const needsSession = ['ssm:ResumeSession', 'ssm:TerminateSession'].includes(other)
        if (other === action || (action === 'ssm:StartSession' && needsSession)) continue
        await expect(call(identity)).resolves.toBeDefined()
      }
    })
  })

  it('names the resource as the services do', async () => {
    const messageOf = async (action: string): Promise<string> =>
      (await failureOf(calls[action]?.(`without-${action}`) ?? Promise.resolve())).message
    expect(await messageOf('rds:DescribeDBInstances')).toContain(
      'on resource: arn:aws:rds:eu-west-1:412093857610:db:prod-db because',
    )
    expect(await messageOf('rds:DescribeDBClusters')).toContain(
      'on resource: arn:aws:rds:eu-west-1:412093857610:cluster:*',
    )
    expect(await messageOf('ec2:DescribeInstances')).toMatch(
      /^You are not authorized to perform this operation\. User:/,
    )
    expect(await messageOf('ec2:DescribeInstances')).not.toContain('on resource')
    expect(await messageOf('ssm:DescribeInstanceInformation')).toContain('arn:aws:ssm:eu-west-1:412093857610:*')
    expect((await failureOf(start('without-document'))).message).toContain(
      `on resource: arn:aws:ssm:eu-west-1::document/${DOCUMENT} because`,
    )
    expect((await failureOf(start('without-instance'))).message).toContain(
      `on resource: arn:aws:ec2:eu-west-1:412093857610:instance/${MACHINE.bastionA} because`,
    )
  })

  it('starts sessions on marked nodes with the one document alone', async () => {
    const denied = {name: 'AccessDeniedException'}
    const web = plane.account.instances.find(({tags}) => tags['Role'] === 'web')
    expect(await failureOf(start('alice', DOCUMENT, web?.id))).toMatchObject(denied)
    expect(await failureOf(start('alice', DOCUMENT, 'i-00000000000000000'))).toMatchObject(denied)
    expect(await failureOf(start('alice', 'AWS-StartPortForwardingSession'))).toMatchObject(denied)
    expect(await failureOf(start('alice', 'SSM-SessionManagerRunShell'))).toMatchObject(denied)
    expect(await failureOf(start('alice', 'No-SuchDocument'))).toMatchObject(denied)
  })

  it('opens a shell only where the policy forgets ssm:SessionDocumentAccessCheck', async () => {
    expect(await failureOf(shell('alice'))).toMatchObject({name: 'AccessDeniedException'})
    expect((await shell('unchecked')).SessionId).toMatch(/^alice-/)
    expect(plane.sessions.open().at(-1)).toMatchObject({document: 'SSM-SessionManagerRunShell'})
    expect((await shell('admin')).SessionId).toBeDefined()
    expect((await start('unchecked')).SessionId).toBeDefined()
  })

  it("lets no one near another's session, of whichever account", async () => {
    const mine = await sessionOf('alice')
    const denied = {name: 'AccessDeniedException'}
    for (const identity of ['bob', 'carol', 'unchecked', 'mallory']) {
      const client = new SSMClient(plane.as(identity))
      expect(await failureOf(client.send(new ResumeSessionCommand({SessionId: mine})))).toMatchObject(denied)
      expect(await failureOf(client.send(new TerminateSessionCommand({SessionId: mine})))).toMatchObject(denied)
    }
    const stranger = new SSMClient(plane.as('other-admin'))
    const gone = {name: 'DoesNotExistException'}
    expect(await failureOf(stranger.send(new ResumeSessionCommand({SessionId: mine})))).toMatchObject(gone)
    expect(await failureOf(stranger.send(new TerminateSessionCommand({SessionId: mine})))).toMatchObject(gone)
    expect(plane.sessions.find(mine)?.endedAt).toBeUndefined()
    await new SSMClient(plane.as('admin')).send(new TerminateSessionCommand({SessionId: mine}))
  })

  it('keeps accounts apart', async () => {
    const rds = new RDSClient(plane.as('mallory'))
    const {DBInstances = []} = await rds.send(new DescribeDBInstancesCommand({}))
    expect(DBInstances.map(({DBInstanceArn}) => DBInstanceArn)).toEqual([
      'arn:aws:rds:eu-west-1:865310427799:db:prod-db',
    ])
    const ec2 = new EC2Client(plane.as('mallory'))
    const foreign = ec2.send(new DescribeInstancesCommand({InstanceIds: [MACHINE.bastionA]}))
    expect(await failureOf(foreign)).toMatchObject({name: 'InvalidInstanceID.NotFound'})
    expect(await failureOf(start('mallory'))).toMatchObject({name: 'AccessDeniedException'})
    const ssm = new SSMClient(plane.as('mallory'))
    await sessionOf('alice')
    expect((await ssm.send(new DescribeSessionsCommand({State: 'Active'}))).Sessions).toEqual([])
  })

  it("owns a session by its tag: a role's session ids do not begin with its user id", () => {
    const callerOf = (identity: string, Resource: string) => {
      const caller = plane.keys.find(plane.keys.keysOf(identity).accessKeyId)
      if (!caller) throw new Error(`no caller ${identity}`)
      const statement = {Effect: 'Allow', Action: 'ssm:TerminateSession', Resource} as const
      const policies = [{Version: '2012-10-17', Statement: [statement]}] as const
      return {...caller, identity: {...caller.identity, policies}}
    }
    const mayEnd = (identity: string, variable: string): boolean => {
      const resource = `arn:aws:ssm:eu-west-1:412093857610:session/${identity}-0123456789abcdef0`
      const caller = callerOf(identity, `arn:aws:ssm:*:*:session/\${${variable}}-*`)
      return verdictOn(caller, 'ssm:TerminateSession', resource) === 'allowed'
    }
    expect(mayEnd('bob', 'aws:username')).toBe(true)
    expect(mayEnd('alice', 'aws:username')).toBe(false)
    expect(mayEnd('alice', 'aws:userid')).toBe(false)
  })

  it('tells everyone who they are', async () => {
    const who = (identity: string) => new STSClient(plane.as(identity)).send(new GetCallerIdentityCommand({}))
    expect(await who('alice')).toMatchObject({
      Account: '412093857610',
      Arn: 'arn:aws:sts::412093857610:assumed-role/Engineer/alice',
      UserId: expect.stringMatching(/^AROA[A-Z0-9]{17}:alice$/),
    })
    expect(await who('bob')).toMatchObject({
      Arn: 'arn:aws:iam::412093857610:user/bob',
      UserId: expect.stringMatching(/^AIDA[A-Z0-9]{17}$/),
    })
    expect((await who('carol')).Arn).toMatch(/AWSReservedSSO_\w+\/carol@example\.com$/)
    expect((await who('mallory')).Account).toBe('865310427799')
  })
})
