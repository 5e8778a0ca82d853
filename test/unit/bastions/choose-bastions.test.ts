import {describe, expect, it} from 'vitest'
import {chooseBastions} from '../../../src/bastions/choose-bastions.js'
import type {BastionApi, BastionRule, Candidate} from '../../../src/bastions/kind.js'
import type {ManagedNode, SsmApi} from '../../../src/core/ports/aws.js'
import type {Target} from '../../../src/targets/target.js'
import {recordedRun} from '../links/session/plugin/recorded-run.js'

const target: Target = {
  name: 'prod-db',
  databaseKind: 'postgres',
  endpoint: {host: 'prod-db.c9abc.eu-west-1.rds.amazonaws.com', port: 5432},
  resourceId: 'db-1',
  region: 'eu-west-1',
  profile: 'prod',
  vpcId: 'vpc-1',
  zone: 'eu-west-1a',
  defaultDatabase: 'app',
  securityGroupIds: [],
}
const tagged: BastionRule = {kind: 'tagged'}

const candidate = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  state: 'running',
  vpcId: 'vpc-1',
  zone: 'eu-west-1a',
  ...more,
})
const node = (id: string, agentVersion = '3.3.40.0', ping = 'Online'): ManagedNode => ({id, agentVersion, ping})

function choose(candidates: readonly Candidate[], nodes: readonly ManagedNode[], rule = tagged, of = target) {
  const asked: string[] = []
  const ssm = {
    async managedNodes(ids: readonly string[]) {
      asked.push(...ids)
      return nodes.filter(({id}) => ids.includes(id))
    },
  } as Partial<SsmApi> as SsmApi
  return {asked, bastions: chooseBastions(candidates, of, rule, {ssm} as BastionApi, recordedRun())}
}

describe('the order', () => {
  it('is: same zone, newer agent, id', async () => {
    const candidates = [
      candidate('i-5', {zone: 'eu-west-1b'}),
      candidate('i-4'),
      candidate('i-3'),
      candidate('i-2'),
      candidate('i-1', {zone: 'eu-west-1c'}),
    ]
    const nodes = [node('i-5', '3.3.1000.0'), node('i-4'), node('i-3', '3.3.100.0'), node('i-2'), node('i-1')]
    const {bastions} = choose(candidates, nodes)
    expect((await bastions).map(({id}) => id)).toEqual(['i-3', 'i-2', 'i-4', 'i-5', 'i-1'])
  })

  it('begins with the first agent that knows the document', async () => {
    const {bastions} = choose([candidate('i-1')], [node('i-1', '3.1.1374.0')])
    expect(await bastions).toMatchObject([{id: 'i-1'}])
  })
})

describe('a refusal', () => {
  it('says of each candidate why not, those in the VPC first, and asks only about those that may do', async () => {
    const candidates = [
      candidate('i-far', {vpcId: 'vpc-2', name: 'other-bastion'}),
      candidate('i-halted', {state: 'stopped', name: 'bastion-b'}),
      candidate('i-lost'),
      candidate('i-old'),
      candidate('i-bare'),
    ]
    const nodes = [node('i-lost', '3.3.40.0', 'ConnectionLost'), node('i-old', '3.1.1373.0'), node('i-far')]
    const {bastions, asked} = choose(candidates, nodes)
    const error = await bastions.then(
      () => undefined,
      (reason: unknown) => reason as {code: string; exitCode: number; hint: string},
    )
    expect(error).toMatchObject({code: 'BASTION_NONE', exitCode: 69})
    expect(error?.hint.split('\n')).toEqual([
      expect.stringMatching(/^i-bare is not registered with Systems Manager/),
      'i-halted "bastion-b" is stopped',
      'i-lost is not connected to Systems Manager (ConnectionLost)',
      expect.stringMatching(/^i-old has an SSM agent that is too old: 3\.1\.1373\.0/),
      'i-far "other-bastion" is in another VPC (vpc-2)',
      'Start it: aws ec2 start-instances --instance-ids i-halted --region eu-west-1 --profile prod',
    ])
    expect(asked).toEqual(['i-lost', 'i-old', 'i-bare'])
  })

  it('names ten at most', async () => {
    const many = Array.from({length: 25}, (_, index) => candidate(`i-${index}`, {vpcId: 'vpc-2'}))
    const {bastions, asked} = choose(many, [])
    const hint = await bastions.then(
      () => '',
      ({hint}: {hint: string}) => hint,
    )
    expect(hint.split('\n')).toHaveLength(12)
    expect(hint).toContain('… and 15 more')
    expect(asked).toEqual([])
  })

  it('says what was looked for when there is no candidate', async () => {
    await expect(choose([], []).bastions).rejects.toMatchObject({
      message: expect.stringContaining('no instance in eu-west-1 has "bastion" in its tag') as string,
      hint: expect.stringContaining('aws ec2 create-tags') as string,
    })
    const rule: BastionRule = {kind: 'tag', key: 'Team', value: 'db'}
    await expect(choose([], [], rule).bastions).rejects.toThrow('has the tag Team=db')
  })

  it('is the right command for an old agent', async () => {
    const {bastions} = choose([candidate('i-old')], [node('i-old', '3.0.0.0')])
    await expect(bastions).rejects.toMatchObject({hint: expect.stringContaining('AWS-UpdateSSMAgent') as string})
  })
})

describe('a node named by its id', () => {
  const rule: BastionRule = {kind: 'instance', id: 'i-1'}

  it('is taken in whatever VPC, when it is connected', async () => {
    const {bastions, asked} = choose([{id: 'i-1'}], [node('i-1')], rule)
    expect(await bastions).toEqual([{id: 'i-1', name: undefined, zone: undefined, agentVersion: '3.3.40.0'}])
    expect(asked).toEqual(['i-1'])
    await expect(
      choose([{id: 'i-1'}], [node('i-1', '3.3.40.0', 'ConnectionLost')], rule).bastions,
    ).rejects.toMatchObject({
      code: 'BASTION_NONE',
      hint: expect.stringContaining('ConnectionLost') as string,
    })
  })

  it('is taken without a look when the target was not looked up either', async () => {
    const given: Target = {...target, resourceId: undefined, vpcId: undefined, zone: undefined}
    const {bastions, asked} = choose([{id: 'i-1'}], [], rule, given)
    expect(await bastions).toEqual([{id: 'i-1'}])
    expect(asked).toEqual([])
  })
})

describe('a target whose VPC is not known', () => {
  const proxy: Target = {...target, resourceId: undefined, vpcId: undefined, zone: undefined}

  it('gets the bastions of the one VPC that has some', async () => {
    const candidates = [candidate('i-1'), candidate('i-2'), candidate('i-3', {vpcId: 'vpc-2', state: 'stopped'})]
    const {bastions} = choose(candidates, [node('i-1'), node('i-2')], tagged, proxy)
    expect((await bastions).map(({id}) => id)).toEqual(['i-1', 'i-2'])
  })

  it('gets none at random when several VPCs have some', async () => {
    const {bastions} = choose(
      [candidate('i-1'), candidate('i-2', {vpcId: 'vpc-2'})],
      [node('i-1'), node('i-2')],
      tagged,
      proxy,
    )
    await expect(bastions).rejects.toMatchObject({
      code: 'BASTION_NONE',
      hint: expect.stringContaining('i-2 (vpc-2)') as string,
    })
  })
})
