import {expect, it} from 'vitest'
import {allTargets} from '../../../src/targets/all-targets.js'
import {type Account, cluster, customEndpoint, DOMAIN, instance, members} from './account.js'

const targets = ({instances = [], clusters = [], endpoints = []}: Account) =>
  allTargets({instances, clusters, endpoints})
const names = (account: Account): string[] => targets(account).map(({target}) => target)

it('come by name, a cluster with its endpoints and members in one place', () => {
  const account: Account = {
    instances: [instance('zoo'), ...members('shop').reverse(), instance('shop-archive'), instance('app')],
    clusters: [cluster('shop')],
    endpoints: [customEndpoint('shop', 'reports'), customEndpoint('shop', 'batch')],
  }
  expect(names(account)).toEqual([
    'app',
    'shop',
    'shop:reader',
    'shop:batch',
    'shop:reports',
    'shop-1',
    'shop-2',
    'shop-3',
    'shop-archive',
    'zoo',
  ])
})

it('have the host name where the short one would lead elsewhere', () => {
  const account: Account = {
    instances: [instance('shop'), ...members('shop')],
    clusters: [cluster('shop')],
    endpoints: [customEndpoint('shop', 'reader')],
  }
  expect(names(account)).toEqual([
    'shop',
    `shop.cluster-${DOMAIN}`,
    'shop:reader',
    `reader.cluster-custom-${DOMAIN}`,
    'shop-1',
    'shop-2',
    'shop-3',
  ])
})

it('show the IAM setting of the cluster, and each its own zone and status', () => {
  const [writer, second, third] = members('shop')
  const stopped = {...writer, status: 'stopped'} as typeof writer
  const found = targets({instances: [stopped, second, third].flatMap((one) => one ?? []), clusters: [cluster('shop')]})
  expect(found.filter(({iamLogin}) => !iamLogin)).toEqual([])
  expect(found.map(({target, status, zone}) => [target, status, zone])).toEqual([
    ['shop', 'available', 'eu-west-1a'],
    ['shop:reader', 'available', 'eu-west-1b'],
    ['shop-1', 'stopped', 'eu-west-1a'],
    ['shop-2', 'available', 'eu-west-1b'],
    ['shop-3', 'available', 'eu-west-1c'],
  ])
})

it('are there without their cluster, and a cluster without its members', () => {
  expect(names({instances: members('shop')})).toEqual(['shop-1', 'shop-2', 'shop-3'])
  expect(targets({clusters: [cluster('shop')]})).toMatchObject([
    {target: 'shop', vpcId: null},
    {target: 'shop:reader', vpcId: null},
  ])
})
