import {expect, it} from 'vitest'
import {leadsTo} from '../../../src/targets/points-at.js'
import {parseTarget} from '../../../src/targets/parse-target.js'

const host = (first: string): string => `${first}c9akciq32rgw.eu-west-1.rds.amazonaws.com`

it.each([
  ['orders', host('orders.'), true],
  ['ORDERS', host('orders.cluster-'), true],
  ['orders', host('orders.cluster-ro-'), false],
  ['orders:reader', host('orders.cluster-ro-'), true],
  ['orders:reader', host('orders.cluster-'), false],
  ['orders:reports', host('orders.'), false],
  ['orders', host('orders-2.'), false],
  [`${host('orders.')}:5432`, host('orders.'), true],
  [host('orders.'), 'orders.dx7p2kq0aa1z.eu-west-1.rds.amazonaws.com', false],
  ['orders', 'orders.example.com', false],
])('%s and %s: %s', (target, endpoint, leads) => {
  expect(leadsTo(parseTarget(target), endpoint)).toBe(leads)
})
