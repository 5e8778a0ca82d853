import {distance} from 'fastest-levenshtein'
import {expect, it} from 'vitest'
import {closestNames} from '../../../../src/core/text/closest-names.js'

it('gives near misses and names that hold the word, nearest first, and nothing far-fetched', () => {
  const names = ['staging', 'prod-db', 'prod-db-replica', 'prod-dc', 'billing']
  expect(closestNames('prd-db', names, distance)).toEqual(['prod-db', 'prod-dc'])
  expect(closestNames('PROD-DB', names, distance, 2)).toEqual(['prod-db', 'prod-dc'])
  expect(closestNames('replica', names, distance)).toEqual(['prod-db-replica'])
  expect(closestNames('customers', names, distance)).toEqual([])
})
