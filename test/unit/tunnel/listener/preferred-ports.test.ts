import fc from 'fast-check'
import {expect, it} from 'vitest'
import {usualPort} from '../../../../src/tunnel/listener/preferred-ports.js'

it('are the same for a database each time, and so from version to version', () => {
  const endpoint = {host: 'prod-db.c1.eu-west-1.rds.amazonaws.com', port: 5432}
  expect(usualPort(endpoint)).toBe(24_780)
  expect(usualPort({...endpoint, host: 'stage-db.c1.eu-west-1.rds.amazonaws.com'})).not.toBe(24_780)
})

it('are none that outgoing connections get by chance', () => {
  fc.assert(
    fc.property(fc.domain(), fc.integer({min: 1, max: 65_535}), (host, port) => {
      const own = usualPort({host, port})
      expect(own).toBeGreaterThanOrEqual(15_000)
      expect(own).toBeLessThan(30_000)
    }),
  )
})
