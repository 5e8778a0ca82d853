import {expect, it} from 'vitest'
import {fail} from '../../../../src/core/errors.js'
import type {AwsApi} from '../../../../src/core/ports/aws.js'
import {sharedAws} from '../../../../src/flows/request/shared-aws.js'
import {ManualClock} from '../../../support/manual-clock.js'

/** Takes note of what it is asked; `deny` begins a call that is not allowed. */
function account(deny = 'nothing') {
  const asked: string[] = []
  const answer = async <T>(question: string, result: T): Promise<T> => {
    asked.push(question)
    if (question.startsWith(deny)) throw fail('ACCESS_DENIED', `${question}: no.`)
    return result
  }
  const databases = ['a', 'b', 'c'].map((id) => ({id, clusterId: id === 'c' ? 'orders' : undefined}))
  const rds = {
    instance: (id: string) =>
      answer(
        `instance ${id}`,
        databases.find((one) => one.id === id),
      ),
    instances: () => answer('instances', databases),
    clusterMembers: (id: string) =>
      answer(
        `members ${id}`,
        databases.filter((one) => one.clusterId === id),
      ),
    clusters: () => answer('clusters', []),
  }
  const ec2 = {instances: (query: unknown) => answer(`machines ${JSON.stringify(query)}`, [])}
  const sts = {identity: () => answer('identity', {name: 'alice'})}
  return {asked, aws: {rds, ec2, sts, ssm: {}} as unknown as AwsApi}
}

const run = {signal: new AbortController().signal}

it('asks once what several want to know, as long as the answer is young', async () => {
  const clock = new ManualClock()
  const {asked, aws} = account()
  const shared = sharedAws(aws, 100, clock, run)
  const all = async () => {
    const names = ['a', 'b', 'c', 'none']
    const found = await Promise.all(names.map((id) => shared.rds.instance(id)))
    await Promise.all(names.map(() => [shared.sts.identity(), shared.ec2.instances({ids: ['i-1']})]).flat())
    return found.map((one) => one?.id)
  }
  expect(await all()).toEqual(['a', 'b', 'c', undefined])
  expect((await shared.rds.clusterMembers('orders')).map(({id}) => id)).toEqual(['c'])
  expect(asked).toEqual(['instances', 'identity', 'machines {"ids":["i-1"]}'])
  await clock.advance(61_000)
  await all()
  expect(asked.filter((one) => one === 'instances')).toHaveLength(2)
})

it('asks for a few alone, and for each where a list is not allowed', async () => {
  const few = account()
  await sharedAws(few.aws, 2, new ManualClock(), run).rds.instance('a')
  expect(few.asked).toEqual(['instance a'])
  const narrow = account('instances')
  const shared = sharedAws(narrow.aws, 100, new ManualClock(), run)
  expect((await shared.rds.instance('b'))?.id).toBe('b')
  expect(narrow.asked).toEqual(['instances', 'instance b'])
})

it('keeps no failure', async () => {
  const {asked, aws} = account('identity')
  const shared = sharedAws(aws, 100, new ManualClock(), run)
  await expect(shared.sts.identity()).rejects.toMatchObject({code: 'ACCESS_DENIED'})
  await expect(shared.sts.identity()).rejects.toMatchObject({code: 'ACCESS_DENIED'})
  expect(asked).toEqual(['identity', 'identity'])
})
