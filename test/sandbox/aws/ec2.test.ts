import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeSecurityGroupsCommand,
  EC2Client,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {MACHINE, VPC} from '../account.js'
import {failureOf, type Plane, startPlane} from './fixture.js'

describe('EC2', () => {
  let plane: Plane
  let ec2: EC2Client
  beforeAll(async () => {
    plane = await startPlane()
    ec2 = new EC2Client(plane.as())
  })
  afterAll(() => plane.aws.close())

  async function pages(input: DescribeInstancesCommandInput): Promise<string[][]> {
    const all: string[][] = []
    for await (const {Reservations = []} of paginateDescribeInstances({client: ec2}, input)) {
      all.push(Reservations.flatMap(({Instances = []}) => Instances.map(({InstanceId = ''}) => InstanceId)))
    }
    return all
  }
  const filtered = async (...Filters: {Name: string; Values: string[]}[]): Promise<string[]> =>
    (await pages({Filters})).flat().sort()

  it('describes an instance as the SDK reads it', async () => {
    const {Reservations} = await ec2.send(new DescribeInstancesCommand({InstanceIds: [MACHINE.bastionA]}))
    expect(Reservations?.[0]).toMatchObject({
      OwnerId: '412093857610',
      Instances: [
        {
          InstanceId: MACHINE.bastionA,
          State: {Code: 16, Name: 'running'},
          VpcId: VPC.prod,
          Placement: {AvailabilityZone: 'eu-west-1a'},
          Tags: [
            {Key: 'Name', Value: 'prod-bastion-a'},
            {Key: 'dbtunnel:bastion', Value: 'true'},
          ],
        },
      ],
    })
    const gone = await ec2.send(new DescribeInstancesCommand({InstanceIds: [MACHINE.terminated]}))
    expect(gone.Reservations?.[0]?.Instances?.[0]).not.toHaveProperty('VpcId')
  })

  it('filters as EC2 does: values or-ed, filters and-ed, wildcards, case', async () => {
    const named = await filtered({Name: 'tag:Name', Values: ['*bastion*']})
    expect(named).toContain(MACHINE.bastionA)
    expect(named).not.toContain(MACHINE.bastionB)
    expect(await filtered({Name: 'tag:Name', Values: ['web-0?']})).toHaveLength(9)
    expect(await filtered({Name: 'tag:Name', Values: ['web-0\\?']})).toEqual([])
    expect(await filtered({Name: 'tag:Name', Values: ['WEB-01']})).toEqual([])
    expect(await filtered({Name: 'tag:Name', Values: ['web-01', 'jump-b']})).toHaveLength(2)
    expect(
      await filtered(
        {Name: 'tag-key', Values: ['dbtunnel:bastion']},
        {Name: 'vpc-id', Values: [VPC.prod]},
        {Name: 'instance-state-name', Values: ['running']},
      ),
    ).toEqual([MACHINE.bastionA, MACHINE.bastionB, MACHINE.bare, MACHINE.lost, MACHINE.old].sort())
    expect(await filtered({Name: 'instance-id', Values: [MACHINE.staging]})).toEqual([MACHINE.staging])
  })

  it('gives lists in several pages, short and empty ones among them', async () => {
    const all = await pages({})
    expect(all.length).toBeGreaterThan(1)
    expect(new Set(all.flat()).size).toBe(plane.account.instances.length)
    const bastions = await pages({Filters: [{Name: 'tag:Name', Values: ['prod-bastion-a']}]})
    expect(bastions.map((page) => page.length)).toContain(0)
    expect(bastions.flat()).toEqual([MACHINE.bastionA])
  })

  it('refuses what EC2 refuses', async () => {
    const refused = async (input: DescribeInstancesCommandInput): Promise<string> =>
      (await failureOf(ec2.send(new DescribeInstancesCommand(input)))).name
    const unknown = 'i-00000000000000000'
    expect(await refused({InstanceIds: [MACHINE.bastionA, unknown]})).toBe('InvalidInstanceID.NotFound')
    expect(await refused({InstanceIds: ['bastion']})).toBe('InvalidInstanceID.Malformed')
    expect(await refused({InstanceIds: [MACHINE.bastionA], MaxResults: 5})).toBe('InvalidParameterCombination')
    expect(await refused({Filters: [{Name: 'vpc', Values: ['x']}]})).toBe('InvalidParameterValue')
    expect(await refused({MaxResults: 4})).toBe('InvalidParameterValue')
    expect(await refused({NextToken: 'made-up'})).toBe('InvalidNextToken')
  })

  it('describes security groups and whom they let in', async () => {
    const [bastion] = plane.account.securityGroups
    const {SecurityGroups = []} = await ec2.send(
      new DescribeSecurityGroupsCommand({Filters: [{Name: 'group-name', Values: ['databases']}]}),
    )
    expect(SecurityGroups).toHaveLength(1)
    expect(SecurityGroups[0]).toMatchObject({
      VpcId: VPC.prod,
      IpPermissions: expect.arrayContaining([
        expect.objectContaining({
          FromPort: 5432,
          ToPort: 5432,
          UserIdGroupPairs: expect.arrayContaining([expect.objectContaining({GroupId: bastion?.id})]),
        }),
      ]),
    })
    const none = ec2.send(new DescribeSecurityGroupsCommand({GroupIds: ['sg-00000000000000000']}))
    expect(await failureOf(none)).toMatchObject({name: 'InvalidGroup.NotFound'})
  })
})
