import {expect, it} from 'vitest'
import {findCandidates} from '../../../src/bastions/choose-bastions.js'
import type {BastionApi} from '../../../src/bastions/kind.js'
import type {Ec2Api, Ec2Filter, Ec2Instance} from '../../../src/core/ports/aws.js'

/** EC2 with its own filter rules: values or-ed and case-sensitive, `*` for anything. */
function memoryEc2(instances: readonly Ec2Instance[]): Ec2Api & {asked: (readonly Ec2Filter[])[]} {
  const asked: (readonly Ec2Filter[])[] = []
  const like = (pattern: string, text: string) =>
    new RegExp(
      `^${pattern
        .split('*')
        .map((part) => part.replace(/[^a-z0-9]/gi, '\\$&'))
        .join('.*')}$`,
    ).test(text)
  const shows = ({tags, state}: Ec2Instance, name: string): readonly string[] => {
    if (name === 'tag-key') return Object.keys(tags)
    if (name === 'instance-state-name') return [state]
    return Object.entries(tags).flatMap(([key, value]) => (name === `tag:${key}` ? [value] : []))
  }
  return {
    asked,
    securityGroups: async () => [],
    async instances(query) {
      const filters = 'filters' in query ? query.filters : []
      asked.push(filters)
      return instances.filter((one) =>
        filters.every(({name, values}) => shows(one, name).some((shown) => values.some((value) => like(value, shown)))),
      )
    },
  }
}

const instance = (id: string, tags: Record<string, string>, state = 'running'): Ec2Instance => ({
  id,
  state,
  vpcId: 'vpc-1',
  zone: 'eu-west-1a',
  tags,
  securityGroupIds: [],
})

const find = (rule: Parameters<typeof findCandidates>[0], ec2: Ec2Api) =>
  findCandidates(rule, {ec2} as BastionApi, new AbortController().signal)
const ids = (found: readonly {id: string}[]) => found.map(({id}) => id).sort()

const ec2 = memoryEc2([
  instance('i-name', {Name: 'eu-Bastion-1', Role: 'bastion'}),
  instance('i-role', {Role: 'the bastion'}),
  instance('i-purpose', {Purpose: 'BASTION'}),
  instance('i-key', {'dbtunnel:bastion': ''}),
  instance('i-stopped', {Name: 'bastion-2'}, 'stopped'),
  instance('i-gone', {Name: 'bastion-0'}, 'terminated'),
  instance('i-web', {Name: 'web', Team: 'shop'}),
])

it('finds by default what is called a bastion, each once, stopped ones too, terminated ones not', async () => {
  const found = await find({kind: 'tagged'}, ec2)
  expect(ids(found)).toEqual(['i-key', 'i-name', 'i-purpose', 'i-role', 'i-stopped'])
  expect(found.find(({id}) => id === 'i-name')).toEqual({
    id: 'i-name',
    name: 'eu-Bastion-1',
    state: 'running',
    vpcId: 'vpc-1',
    zone: 'eu-west-1a',
  })
})

it('finds by one tag, and any that runs', async () => {
  expect(ids(await find({kind: 'tag', key: 'Team', value: 'sh*'}, ec2))).toEqual(['i-web'])
  expect(ids(await find({kind: 'any'}, ec2))).toEqual(['i-key', 'i-name', 'i-purpose', 'i-role', 'i-web'])
})

it('asks EC2 nothing about a node that is named by its id', async () => {
  const quiet = memoryEc2([])
  expect(await find({kind: 'instance', id: 'i-1'}, quiet)).toEqual([{id: 'i-1'}])
  expect(await find({kind: 'managed-node', id: 'mi-1'}, quiet)).toEqual([{id: 'mi-1'}])
  expect(quiet.asked).toEqual([])
})

it('lets no control character of a tag through', async () => {
  const bad = memoryEc2([instance('i-1', {Name: 'bastion\u001b[2J'})])
  expect(await find({kind: 'tagged'}, bad)).toMatchObject([{name: 'bastion?[2J'}])
})
