import {expect, it} from 'vitest'
import {compareVersions} from '../../../src/core/versions.js'

it('compares versions as numbers, part by part', () => {
  expect(compareVersions('3.1.1374.0', '3.1.999.0')).toBeGreaterThan(0)
  expect(compareVersions('3.1.1374', '3.1.1374.0')).toBe(0)
  expect(compareVersions('3.1.1373.9', '3.1.1374.0')).toBeLessThan(0)
  expect(compareVersions('', '3.1.1374.0')).toBeLessThan(0)
})
