import {expect, it} from 'vitest'
import type {FlagValues} from '../../../../src/settings/read.js'
import {readRequest} from '../../../../src/flows/request/read-request.js'

const FILE = '/srv/shop/dbtunnel.yaml'
const HOST = 'evil.c9akciq32rgw.eu-west-1.rds.amazonaws.com'

interface World {
  readonly team: string
  readonly own?: string
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: FlagValues
  readonly namedBy?: string
}

async function leadOf(target: string, {team, own, env = {AWS_REGION: 'eu-west-1'}, flags = {}, namedBy}: World) {
  const files = [
    ...(own === undefined ? [] : [{owner: 'user' as const, path: '/home/alice/config.yaml', text: own}]),
    {owner: 'team' as const, path: FILE, text: team, namedBy},
  ]
  const sources = {
    env,
    cwd: '/srv',
    profileRegion: async () => undefined,
    profileAccount: async () => undefined,
    aliasesOf: async () => [],
    configFiles: async () => files,
    say: {notice: () => {}},
  }
  return (await readRequest({target, flags}, sources)).lead
}

/** Names of databases that it would count for, each with its region. */
const rivalsOf = async (target: string, world: World): Promise<readonly string[] | 'any' | undefined> => {
  const lead = await leadOf(target, world)
  return lead && (lead.rivals?.map(({name, settings}) => `${name.text.toLowerCase()} ${settings.region}`) ?? 'any')
}

it.each<[string, string, World, readonly string[] | 'any' | undefined]>([
  ['another identifier', 'prod-db', {team: 'targets: {prod-db: {identifier: x}}'}, ['prod-db eu-west-1']],
  ['capitals', 'PROD-DB', {team: 'targets: {prod-db: {identifier: x}}'}, ['prod-db eu-west-1']],
  ['the same one', 'prod-db', {team: 'targets: {prod-db: {identifier: Prod-DB, user: bob}}'}, undefined],
  ['a part of the cluster', 'orders', {team: "targets: {orders: {identifier: 'orders:reader'}}"}, ['orders eu-west-1']],
  ['another name', 'prod-db', {team: 'targets: {other: {identifier: x}}'}, undefined],
  ['a word that no database has', 'shop_db', {team: 'targets: {shop_db: {identifier: prod-db}}'}, undefined],
  ['an endpoint', 'prod-db', {team: `targets: {prod-db: {host: ${HOST}}}`}, ['prod-db eu-west-1']],
  // The region
  ['the user’s own region', 'prod-db', {team: 'defaults: {region: eu-west-1}'}, undefined],
  ['a region where there was none', 'prod-db', {team: 'defaults: {region: us-east-1}', env: {}}, undefined],
  ['another region of all', 'prod-db', {team: 'defaults: {region: us-east-1}'}, ['prod-db eu-west-1']],
  ['another region', 'prod-db', {team: 'targets: {prod-db: {region: us-east-1}}'}, ['prod-db eu-west-1']],
  [
    'another region, with the user’s as a flag',
    'prod-db',
    {team: 'targets: {prod-db: {region: us-east-1}}', flags: {region: 'eu-west-1'}},
    undefined,
  ],
  [
    'another region and identifier',
    'prod-db',
    {team: 'targets: {prod-db: {identifier: x, region: us-east-1}}'},
    ['prod-db eu-west-1', 'prod-db us-east-1'],
  ],
  [
    'an identifier, with a region where there was none',
    'prod-db',
    {team: 'targets: {prod-db: {identifier: x, region: us-east-1}}', env: {}},
    ['prod-db us-east-1'],
  ],
  // What is not looked up
  [
    'a host with all',
    'shop_db',
    {team: `targets: {shop_db: {host: ${HOST}, port: 5432, user: a, bastion: i-0123456789abcdef0}}`},
    'any',
  ],
  [
    'a host, and the user has given the rest',
    'shop_db',
    {team: `targets: {shop_db: {host: ${HOST}, port: 5432}}`, flags: {user: 'a', bastion: 'i-0123456789abcdef0'}},
    'any',
  ],
  [
    'a proxy, which is never looked up',
    'shop_db',
    {team: `targets: {shop_db: {host: shop.proxy-c9akciq32rgw.eu-west-1.rds.amazonaws.com}}`},
    'any',
  ],
  ['the host that was typed', HOST, {team: `targets: {${HOST}: {host: ${HOST}, port: 5432, user: a}}`}, undefined],
  // The user's own
  [
    'overruled by the user',
    'prod-db',
    {team: 'targets: {prod-db: {identifier: x}}', own: 'targets: {prod-db: {identifier: prod-db}}'},
    undefined,
  ],
  [
    'the user’s alias in another region',
    'prod',
    {team: 'defaults: {region: us-east-1}', own: 'targets: {prod: {identifier: prod-db}}'},
    ['prod eu-west-1'],
  ],
  [
    'the user’s alias, in the region that it has',
    'prod',
    {team: 'defaults: {region: us-east-1}', own: 'targets: {prod: {identifier: prod-db, region: eu-west-1}}'},
    undefined,
  ],
  ['named by the user', 'prod-db', {team: 'targets: {prod-db: {identifier: x}}', namedBy: '--config'}, undefined],
])('a team’s file that leads a name to %s', async (_, target, world, rivals) => {
  expect(await rivalsOf(target, world)).toEqual(rivals)
})

it('what has to be approved is all of the file that says which database it is, and nothing else', async () => {
  const says = async (team: string, flags: FlagValues = {}) =>
    JSON.stringify((await leadOf('prod-db', {team, flags}))?.approval)
  const entry = (more: string) => `targets: {prod-db: {identifier: x${more}}}`
  const first = await says(entry(''))
  for (const same of [
    entry(', user: bob, database: b, readOnly: true, bastion: any'),
    `{${entry('')}, groups: {g: [a]}}`,
  ])
    expect(await says(same)).toBe(first)
  expect(await says(entry(''), {user: 'carol', region: 'us-east-1'})).toBe(first)
  expect(await says(entry('y'))).not.toBe(first)
  const inRegion = await says(entry(', region: us-east-1'))
  expect(inRegion).not.toBe(first)
  expect(await says(`{${entry('')}, defaults: {region: us-east-1}}`)).toBe(inRegion)
  const host = (more: string) => `targets: {prod-db: {host: ${HOST}${more}}}`
  const hosts = [host(''), host(', port: 5432'), host(', user: bob'), host(', bastion: i-0123456789abcdef0')]
  expect(new Set(await Promise.all(hosts.map((one) => says(one)))).size).toBe(4)
})
