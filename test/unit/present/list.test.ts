import {expect, it} from 'vitest'
import type {ListedDatabase} from '../../../src/core/results/database-listing.js'
import {listText} from '../../../src/present/list.js'

const LONG = 'a-name-of-sixty-three-characters-which-is-as-long-as-they-can-be'.slice(0, 63)

function database(target: string, more: Partial<ListedDatabase> = {}): ListedDatabase {
  return {
    target,
    kind: 'instance',
    cluster: null,
    engine: 'postgres',
    supported: true,
    status: 'available',
    iamLogin: true,
    vpcId: 'vpc-0a1b2c3d4e5f67890',
    zone: null,
    host: null,
    port: null,
    tags: {},
    names: [],
    open: null,
    bastion: {usable: true, id: 'i-0a1b2c3d4e5f67890', name: 'bastion', refusals: []},
    ...more,
  }
}
const text = (databases: readonly ListedDatabase[], columns?: number): string[] =>
  listText({region: 'eu-west-1', databases, configured: []}, columns).split('\n')

it('is whole where there is no width to keep', () => {
  const unknown = {usable: null, id: null, name: null, refusals: []}
  const cut = text([database(LONG), database('b', {vpcId: null, iamLogin: false, bastion: unknown})])
  expect(cut.map((line) => line.split(/ {2,}/))).toEqual([
    ['TARGET', 'KIND', 'ENGINE', 'STATUS', 'IAM', 'VPC', 'BASTION'],
    [LONG, 'instance', 'postgres', 'available', 'on', 'vpc-0a1b2c3d4e5f67890', 'bastion'],
    ['b', 'instance', 'postgres', 'available', 'off', '-', 'unknown'],
  ])
})

it('gives up no more than it must', () => {
  expect(text([database('shop')], 80)[1]).toBe(
    'shop    instance  postgres  available  on   vpc-0a1b2c3d4e5f67890  bastion',
  )
  expect(text([database('a-rather-long-shop')], 80)[1]).toBe(
    'a-rather-long-shop  instance  postgres  available  on   vpc-…7890  bastion',
  )
})

it('fits 80 columns with the longest name whole, on a line of its own', () => {
  const status = 'inaccessible-encryption-credentials-recoverable'
  const member = {kind: 'member', cluster: 'shop', engine: 'aurora-postgresql', status} as const
  const lines = text([database('shop'), database(LONG, member), database('m', {engine: 'mysql', supported: false})], 80)
  expect(lines).toEqual([
    'TARGET  KIND      ENGINE       STATUS       IAM  VPC        BASTION',
    'shop    instance  postgres     available    on   vpc-…7890  yes',
    LONG,
    '        member    aurora-pos…  inaccessib…  on   vpc-…7890  yes',
    'm       instance  unsupported  available    on   vpc-…7890  yes',
  ])
})

it('lets no word of others steer the terminal', () => {
  const bastion = {usable: true, id: 'i-1', name: 'b\u001b[2J', refusals: []}
  expect(text([database('shop', {bastion})])[1]).toMatch(/'b\?\[2J'$/)
})

it('shows names of the config files and what is open only where there are any, in 80 columns, too', () => {
  const open = {localPort: 15432, command: 'open', pid: 7} as const
  const databases = [
    database('orders-with-a-long-name', {names: ['shop', 'a-second-name-for-it'], open}),
    database('plain'),
  ]
  const configured = [
    {target: 'far', standsFor: `${LONG}.c9akciq32rgw.us-east-2.rds.amazonaws.com`, tags: {}, open: null},
  ]
  const whole = listText({region: 'eu-west-1', databases, configured}, undefined).split('\n')
  expect(whole[0]).toMatch(/ {2}NAMES +OPEN$/)
  expect(whole[1]).toMatch(/ {2}shop, a-second-name-for-it {2}15432$/)
  expect(whole[2]).toMatch(/ {2}- +-$/)
  expect(whole.slice(3)).toEqual([
    '',
    expect.stringMatching(/^CONFIGURED {2}STANDS FOR +OPEN$/),
    expect.stringMatching(/^far +a-name.*amazonaws.com {2}-$/),
  ])
  const narrow = listText({region: 'eu-west-1', databases, configured}, 80).split('\n')
  expect(narrow.filter(({length}) => length > 80)).toEqual([])
  expect(narrow.join('\n')).toContain('15432')
})
