import {describe, expect, it} from 'vitest'
import {isDatabaseIdentifier, isHostName, isRegion} from '../../../src/core/grammars.js'

describe('names', () => {
  it.each(['prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com', 'a', 'A.b', `${'a'.repeat(63)}.com`])(
    'takes %j as a host name',
    (text) => expect(isHostName(text)).toBe(true),
  )

  it.each([
    '',
    '-a.com',
    'a-.com',
    'a..b',
    'a b',
    'a\nb',
    'a_b',
    '127.0.0.1',
    'a#b',
    `${'a'.repeat(64)}.com`,
    'ä.com',
    'a.com.',
  ])('refuses %j as a host name', (text) => expect(isHostName(text)).toBe(false))

  it.each(['prod-db', 'p', 'Prod1'])('takes %j as a database identifier', (text) => {
    expect(isDatabaseIdentifier(text)).toBe(true)
  })

  it.each(['', '-p', '1db', 'a--b', 'a-', 'a_b', 'a b', 'x'.repeat(64)])(
    'refuses %j as a database identifier',
    (text) => {
      expect(isDatabaseIdentifier(text)).toBe(false)
    },
  )

  it.each(['eu-west-1', 'us-gov-east-1', 'ap-southeast-7', 'cn-north-1', 'mx-central-1'])(
    'takes %j as a region',
    (text) => {
      expect(isRegion(text)).toBe(true)
    },
  )

  it.each(['', 'eu-west', 'EU-WEST-1', 'eu west 1', 'eu-west-1;rm', 'localhost'])('refuses %j as a region', (text) => {
    expect(isRegion(text)).toBe(false)
  })
})
