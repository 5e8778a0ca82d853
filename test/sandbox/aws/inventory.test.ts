import {
  DescribeInstanceInformationCommand,
  type DescribeInstanceInformationCommandInput,
  paginateDescribeInstanceInformation,
  SSMClient,
} from '@aws-sdk/client-ssm'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {MACHINE} from '../account.js'
import {failureOf, type Plane, startPlane} from './fixture.js'

describe("Systems Manager's inventory", () => {
  let plane: Plane
  let ssm: SSMClient
  beforeAll(async () => {
    plane = await startPlane()
    ssm = new SSMClient(plane.as())
  })
  afterAll(() => plane.aws.close())

  async function pages(input: DescribeInstanceInformationCommandInput): Promise<string[][]> {
    const all: string[][] = []
    for await (const {InstanceInformationList = []} of paginateDescribeInstanceInformation({client: ssm}, input)) {
      all.push(InstanceInformationList.map(({InstanceId = ''}) => InstanceId))
    }
    return all
  }

  it('describes nodes as the SDK reads them', async () => {
    const ids = [MACHINE.bastionA, MACHINE.lost, MACHINE.old, MACHINE.onPremises]
    const {InstanceInformationList = []} = await ssm.send(
      new DescribeInstanceInformationCommand({MaxResults: 50, Filters: [{Key: 'InstanceIds', Values: ids}]}),
    )
    const rest = await pages({MaxResults: 50, Filters: [{Key: 'InstanceIds', Values: ids}]})
    expect(rest.flat().sort()).toEqual([...ids].sort())
    const onPremises = InstanceInformationList.find(({InstanceId}) => InstanceId === MACHINE.onPremises)
    expect(onPremises).toMatchObject({
      PingStatus: 'Online',
      ResourceType: 'ManagedInstance',
      Name: 'dc-bastion',
      AgentVersion: '3.3.2299.0',
      LastPingDateTime: expect.any(Date),
    })
  })

  it('pages by ten unless told otherwise, with pages that are empty and still carry a token', async () => {
    const all = await pages({})
    expect(all[0]).toHaveLength(10)
    expect(new Set(all.flat()).size).toBe(plane.account.nodes.length)
    expect((await pages({MaxResults: 50}))[0]?.length).toBe(Math.min(50, plane.account.nodes.length))

    const one = await pages({Filters: [{Key: 'InstanceIds', Values: [MACHINE.bastionA]}]})
    expect(one.slice(0, -1).some((page) => page.length === 0)).toBe(true)
    expect(one.flat()).toEqual([MACHINE.bastionA])
  })

  it('leaves out what it does not know: no agent, terminated', async () => {
    const Values = [MACHINE.bare, MACHINE.terminated, 'i-00000000000000000']
    expect((await pages({Filters: [{Key: 'InstanceIds', Values}]})).flat()).toEqual([])
  })

  it('finds by tag and by status, in the old words and the new', async () => {
    const marked = (await pages({Filters: [{Key: 'tag-key', Values: ['dbtunnel:bastion']}]})).flat()
    expect(marked).toEqual(expect.arrayContaining([MACHINE.bastionA, MACHINE.onPremises]))
    expect((await pages({Filters: [{Key: 'tag:Role', Values: ['bastion']}]})).flat()).toEqual([MACHINE.bastionB])
    const lost = await pages({InstanceInformationFilterList: [{key: 'PingStatus', valueSet: ['ConnectionLost']}]})
    expect(lost.flat().sort()).toEqual([MACHINE.lost, MACHINE.stopped].sort())
  })

  it('refuses what Systems Manager refuses', async () => {
    const refused = async (input: DescribeInstanceInformationCommandInput): Promise<string> => {
      const {name, message} = await failureOf(ssm.send(new DescribeInstanceInformationCommand(input)))
      return `${name}: ${message}`
    }
    const tag = {Key: 'tag:Role', Values: ['bastion']}
    const ids = {Key: 'InstanceIds', Values: [MACHINE.bastionA]}
    expect(await refused({MaxResults: 4})).toContain('greater than or equal to 5')
    expect(await refused({MaxResults: 51})).toContain('less than or equal to 50')
    expect(await refused({Filters: [tag, ids]})).toBe(
      'ValidationException: Cannot mix tag or inventory filter with any other filter.',
    )
    expect(await refused({Filters: [{...tag, Values: ['1', '2', '3', '4', '5', '6']}]})).toContain('at most 5')
    expect(await refused({Filters: [{Key: 'Name', Values: ['x']}]})).toMatch(/^InvalidFilterKey/)
    expect(await refused({Filters: [{Key: 'InstanceIds', Values: ['bastion']}]})).toMatch(
      /^InvalidInstanceInformationFilterValue/,
    )
    const many = Array.from({length: 101}, (_, index) => `i-${String(index).padStart(17, '0')}`)
    expect(await refused({Filters: [{Key: 'InstanceIds', Values: many}]})).toMatch(/^ValidationException/)
    expect(
      await refused({Filters: [ids], InstanceInformationFilterList: [{key: 'PingStatus', valueSet: ['Online']}]}),
    ).toMatch(/^ValidationException/)
    expect(await refused({NextToken: 'made-up'})).toMatch(/^InvalidNextToken/)
  })
})
