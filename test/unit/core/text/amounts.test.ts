import {describe, expect, it} from 'vitest'
import {bytesText, countText, durationText} from '../../../../src/core/text/amounts.js'

describe('amounts as people read them', () => {
  it.each([
    [0, '0 kB'],
    [24, '0 kB'],
    [1_499, '1 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [9_949_000, '9.9 MB'],
    [9_960_000, '10 MB'],
    [20_480_000_000, '20 GB'],
    [3.2e18, '3200 PB'],
  ])('%i bytes: %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text)
  })

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h 0 min'],
    [86_399_999, '23 h 59 min'],
    [187_200_000, '2 d 4 h'],
  ])('%i ms: %s', (ms, text) => {
    expect(durationText(ms)).toBe(text)
  })

  it('counts one as one', () => {
    expect([0, 1, 2].map((count) => countText(count, 'connection'))).toEqual([
      '0 connections',
      '1 connection',
      '2 connections',
    ])
  })
})
