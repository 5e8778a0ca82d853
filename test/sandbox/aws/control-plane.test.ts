import {DescribeInstancesCommand, EC2Client, paginateDescribeInstances} from '@aws-sdk/client-ec2'
import {DescribeDBInstancesCommand, RDSClient} from '@aws-sdk/client-rds'
import {SSMClient, DescribeInstanceInformationCommand} from '@aws-sdk/client-ssm'
import {GetCallerIdentityCommand, STSClient} from '@aws-sdk/client-sts'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {failureOf, type Plane, sendRaw, startPlane} from './fixture.js'
import {sequentialRoundTrips} from './request-log.js'

const HOUR = 60 * 60_000

describe('the control plane', () => {
  let plane: Plane
  beforeEach(async () => {
    plane = await startPlane()
  })
  afterEach(() => plane.aws.close())

  const database = (identity?: string) =>
    new RDSClient(plane.as(identity)).send(new DescribeDBInstancesCommand({DBInstanceIdentifier: 'prod-db'}))
  const inventory = () => new SSMClient(plane.as()).send(new DescribeInstanceInformationCommand({}))
  const instances = () => new EC2Client(plane.as()).send(new DescribeInstancesCommand({}))
  const caller = () => new STSClient(plane.as()).send(new GetCallerIdentityCommand({}))

  it('keeps a log of every request', async () => {
    await database()
    await failureOf(database('without-rds:DescribeDBInstances'))
    await sendRaw(plane, 'ssm', {secretKey: 'wrong'})
    expect(plane.aws.log).toMatchObject([
      {
        service: 'rds',
        action: 'rds:DescribeDBInstances',
        identity: 'alice',
        parameters: {DBInstanceIdentifier: 'prod-db'},
        status: 200,
        errorCode: undefined,
      },
      {identity: 'without-rds:DescribeDBInstances', status: 403, errorCode: 'AccessDenied'},
      {action: 'ssm:DescribeInstanceInformation', identity: undefined, errorCode: 'InvalidSignatureException'},
    ])
    expect(plane.aws.log[0]?.userAgent).toContain('aws-sdk-js')
  })

  it('shows how many round trips waited for one another', async () => {
    // So long that all three are asked before one is answered, on a busy machine, too.
    const answerAtOnce = plane.aws.disturbances.add({action: '*', effect: {kind: 'delay', ms: 2000}})
    await Promise.all([database(), instances(), caller()])
    answerAtOnce()
    expect(sequentialRoundTrips(plane.aws.log)).toBe(1)
    await inventory()
    await caller()
    expect(sequentialRoundTrips(plane.aws.log)).toBe(3)
    for await (const _ of paginateDescribeInstances({client: new EC2Client(plane.as())}, {}));
    expect(sequentialRoundTrips(plane.aws.log)).toBe(4)
  })

  it('throttles on demand, each service in its own words, and then stops', async () => {
    plane.aws.disturbances.add({action: '*', times: 4, effect: {kind: 'throttle'}})
    expect(await failureOf(database())).toMatchObject({name: 'Throttling', status: 400})
    expect(await failureOf(instances())).toMatchObject({name: 'RequestLimitExceeded', status: 503})
    expect(await failureOf(inventory())).toMatchObject({name: 'ThrottlingException', status: 400})
    expect(await failureOf(caller())).toMatchObject({name: 'Throttling', status: 400})
    await database()
  })

  it('is throttled in a way that the SDK recognises: it tries again', async () => {
    plane.aws.disturbances.add({action: 'ssm:DescribeInstanceInformation', times: 2, effect: {kind: 'throttle'}})
    const patient = new SSMClient({...plane.as(), maxAttempts: 3})
    await patient.send(new DescribeInstanceInformationCommand({}))
    expect(plane.aws.log.map(({errorCode}) => errorCode)).toEqual([
      'ThrottlingException',
      'ThrottlingException',
      undefined,
    ])
  })

  it('fails with any error, disturbs one action alone, and takes it back', async () => {
    const effect = {kind: 'error', code: 'InternalFailure', status: 500} as const
    const undo = plane.aws.disturbances.add({action: 'rds:DescribeDBInstances', effect})
    expect(await failureOf(database())).toMatchObject({name: 'InternalFailure', status: 500})
    await instances()
    undo()
    await database()
  })

  it('drops connections, or never answers', async () => {
    plane.aws.disturbances.add({action: 'rds:DescribeDBInstances', times: 1, effect: {kind: 'drop'}})
    expect((await failureOf(database())).status).toBeUndefined()
    plane.aws.disturbances.add({action: 'sts:GetCallerIdentity', times: 1, effect: {kind: 'hang'}})
    const stop = AbortSignal.timeout(100)
    const hung = new STSClient(plane.as()).send(new GetCallerIdentityCommand({}), {abortSignal: stop})
    expect(await failureOf(hung)).toMatchObject({name: 'AbortError'})
    expect(plane.aws.log.map(({endedAt}) => endedAt)).toEqual([undefined, undefined])
    expect(sequentialRoundTrips(plane.aws.log)).toBe(0)
  })

  it('lets temporary keys expire by its own clock, and lasting ones never', async () => {
    plane.keys.issue('alice', HOUR)
    const patient = (identity: string) =>
      new RDSClient({...plane.as(identity), maxAttempts: 2}).send(new DescribeDBInstancesCommand({}))
    await patient('alice')
    plane.clock.advance(HOUR)
    expect(await failureOf(patient('alice'))).toMatchObject({name: 'ExpiredToken'})
    await patient('bob')
    plane.keys.issue('alice')
    await patient('alice')
  })

  it('tells its time, so that the SDK corrects its own', async () => {
    plane.clock.advance(2 * HOUR)
    for (const service of ['rds', 'ec2', 'ssm', 'sts'] as const) {
      const answer = await sendRaw(plane, service, {identity: 'bob', signedAt: -2 * HOUR})
      expect(answer.status).toBeGreaterThanOrEqual(400)
    }
    const late = new SSMClient({...plane.as('bob'), maxAttempts: 2})
    await late.send(new DescribeInstanceInformationCommand({}))
    expect(plane.aws.log.slice(-2).map(({errorCode}) => errorCode)).toEqual(['InvalidSignatureException', undefined])
  })

  it('gives out several keys: older ones stay good', async () => {
    const older = new RDSClient(plane.as())
    plane.keys.issue('alice')
    await older.send(new DescribeDBInstancesCommand({}))
    await database()
    expect(() => plane.keys.keysOf('nobody')).toThrow('nobody')
  })
})
