import {expect, it} from 'vitest'
import type {ListedDatabase} from '../../../../src/core/results/database-listing.js'
import {besideConfigured, openTunnels} from '../../../../src/flows/list/merge-configured.js'
import {readConfiguredNames} from '../../../../src/flows/request/configured-targets.js'
import {readFilter} from '../../../../src/flows/list/filter.js'
import type {FoundRecord} from '../../../../src/tunnel/registry/read-records.js'

const host = (id: string, region = 'eu-west-1'): string => `${id}.c9akciq32rgw.${region}.rds.amazonaws.com`

function row(target: string, more: Partial<ListedDatabase> = {}): ListedDatabase {
  const bastion = {usable: null, id: null, name: null, refusals: []}
  const facts = {engine: 'postgres', supported: true, status: 'available', iamLogin: true, vpcId: null, zone: null}
  return {
    target,
    kind: 'instance',
    cluster: null,
    ...facts,
    host: host(target),
    port: 5432,
    tags: {Stage: 'prod', Own: 'rds'},
    names: [],
    open: null,
    bastion,
    ...more,
  }
}

const ROWS = [
  row('prod-db'),
  row('orders', {host: host('orders.cluster')}),
  row('orders:reader'),
  row('orders:analytics'),
]

const names = (text: string) =>
  readConfiguredNames(
    {configFiles: async () => [{owner: 'user', path: '/srv/config.yaml', text}]},
    {region: 'eu-west-1', profile: 'work'},
  )

it('finds the database that a name stands for, and keeps the names of others', async () => {
  const text = `
targets:
  shop: {identifier: PROD-DB, tags: {Own: file}}
  twin: {host: ${host('prod-db')}, port: 5432}
  ro: {identifier: 'orders:reader'}
  stats: {identifier: 'orders:analytics', profile: work}
  far: {identifier: prod-db, region: us-east-1}
  play: {identifier: prod-db, profile: play}
  gone: {}`
  const {databases, configured} = besideConfigured(ROWS, await names(text), [])
  expect(databases.map(({target, names}) => [target, ...names])).toEqual([
    ['prod-db', 'shop', 'twin'],
    ['orders'],
    ['orders:reader', 'ro'],
    ['orders:analytics', 'stats'],
  ])
  expect(databases[0]?.tags).toEqual({Stage: 'prod', Own: 'file'})
  expect(configured.map(({target, standsFor}) => [target, standsFor])).toEqual([
    ['far', 'prod-db'],
    ['gone', 'gone'],
    ['play', 'prod-db'],
  ])
})

it('shows what is open in this region by a process that lives', async () => {
  const record = (id: string, region: string, process: FoundRecord['process']): FoundRecord =>
    ({
      process,
      record: {
        account: {region},
        endpoint: {host: host(id), port: 5432},
        localPort: 15432,
        command: 'open',
        owner: {pid: 7, started: 'x'},
      },
    }) as unknown as FoundRecord
  const tunnels = openTunnels(
    [
      record('orders:reader', 'us-east-1', 'alive'),
      record('prod-db', 'eu-west-1', 'alive'),
      record('gone', 'eu-west-1', 'alive'),
      record('orders:analytics', 'eu-west-1', 'dead'),
    ],
    'eu-west-1',
  )
  const {databases, configured} = besideConfigured(ROWS, await names('targets: {gone: {}}'), tunnels)
  const open = {localPort: 15432, command: 'open', pid: 7}
  expect(databases.map((one) => one.open)).toEqual([open, null, null, null])
  expect(configured[0]?.open).toEqual(open)
})

it.each([
  [{}, ['prod-db', 'orders', 'orders:reader', 'orders:analytics']],
  [{pattern: 'orders*'}, ['orders', 'orders:reader', 'orders:analytics']],
  [{pattern: 'SHO?'}, ['prod-db']],
  [{tags: ['Own=file']}, ['prod-db']],
  [{tags: ['Own', 'Stage=prod'], pattern: 'orders'}, ['orders', 'orders:reader', 'orders:analytics']],
  [{pattern: 'RDER'}, ['orders', 'orders:reader', 'orders:analytics']],
  [{tags: ['Own=fil']}, []],
  [{tags: ['Nosuch']}, []],
])('%j means %j', async (filter, meant) => {
  const text = 'targets: {shop: {identifier: prod-db, tags: {Own: file}}}'
  const {databases} = besideConfigured(ROWS, await names(text), [])
  expect(databases.filter(readFilter(filter)).map(({target}) => target)).toEqual(meant)
})

it('a tag without a key is refused', () => {
  expect(() => readFilter({tags: ['=x']})).toThrow('--tag: "=x" is not Key=Value.')
})
