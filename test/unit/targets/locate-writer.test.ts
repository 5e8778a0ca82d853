import {expect, it} from 'vitest'
import {locateWriter} from '../../../src/targets/locate-writer.js'
import {type GlobalTarget, parseTarget} from '../../../src/targets/parse-target.js'
import {type Account, cluster, memoryRds} from './account.js'

const HOST = 'world.global-c9abcdefghij.global.rds.amazonaws.com'
const WRITER = 'arn:aws:rds:eu-central-1:123456789012:cluster:world-eu'
const world = {id: 'world', host: HOST, writer: WRITER}
const input = {region: 'eu-west-1', isBastionNamed: false, user: undefined as string | undefined}

const locate = (account: Account, text = HOST, more: Partial<typeof input> = {}) =>
  locateWriter(parseTarget(text) as GlobalTarget, {...input, ...more}, memoryRds(account), new AbortController().signal)

it('is where RDS says that the writer is', async () => {
  expect(await locate({globals: [world]})).toEqual({
    kind: 'endpoint',
    text: HOST,
    host: HOST,
    port: undefined,
    of: 'global',
    id: 'world-eu',
    region: 'eu-central-1',
  })
})

it.each([
  ['there is none of that name', []],
  ['the one of that name is of another account', [{...world, host: HOST.replace('c9abc', 'zzzzz')}]],
  ['it has no writer now', [{...world, writer: undefined}]],
  ['its writer is not an ARN', [{...world, writer: 'world-eu'}]],
])('is asked for where %s', async (_, globals) => {
  await expect(locate({globals})).rejects.toMatchObject({
    code: 'TARGET_UNKNOWN',
    hint: expect.stringContaining('--region') as string,
  })
})

it('is, where RDS may not be asked, the region of a cluster that writes for it', async () => {
  const denied = ['global']
  const here = {denied, clusters: [cluster('other'), cluster('world-1', {globalId: 'world'})]}
  expect(await locate(here)).toMatchObject({id: 'world-1', region: 'eu-west-1'})
  const reader = cluster('world-2', {globalId: 'world', members: [{instanceId: 'world-2-1', writer: false}]})
  await expect(locate({denied, clusters: [reader]})).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    hint: expect.stringMatching(/--region[\s\S]*rds:DescribeGlobalClusters/) as string,
  })
})

it('is the region that was named, where user, port and bastion are, too, and nothing may be asked', async () => {
  const denied = ['global', 'clusters']
  const named = {user: 'alice', isBastionNamed: true}
  expect(await locate({denied}, `${HOST}:5432`, named)).toMatchObject({region: 'eu-west-1', port: 5432})
  await expect(locate({denied}, HOST, named)).rejects.toMatchObject({code: 'ACCESS_DENIED'})
})
