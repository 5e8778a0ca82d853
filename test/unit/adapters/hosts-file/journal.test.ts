import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {isTorn} from '../../../../src/adapters/hosts-file/journal.js'

const bytes = (text: string): Buffer => Buffer.from(text)
const contents = fc.uint8Array({maxLength: 60}).map((some) => Buffer.from(some))

describe('a torn write in place is told from everything else', () => {
  test.each([
    ['the former content', 'aaa', 'aaa', 'aaabbb', false],
    ['the next content', 'aaabbb', 'aaa', 'aaabbb', false],
    ['half of what was to be added', 'aaab', 'aaa', 'aaabbb', true],
    ['space for what was to be added, not yet filled', 'aaa\0\0\0', 'aaa', 'aaabbb', true],
    ['moved, not yet cut', 'accbcc', 'abbbcc', 'acc', true],
    ["someone's edit of the former content", 'aaX', 'aaa', 'aaabbb', false],
    ["someone's addition to the next content", 'aaabbbX', 'aaa', 'aaabbb', false],
    ['emptied by someone', '', 'aaa', 'aaabbb', false],
  ])('%s', (_, current, former, next, torn) => {
    expect(isTorn(bytes(current), {former: bytes(former), next: bytes(next)})).toBe(torn)
  })

  test('wherever a write from one content to another stops', () => {
    fc.assert(
      fc.property(contents, contents, fc.nat(60), (former, next, stop) => {
        const written = next.subarray(0, stop)
        const current = Buffer.concat([written, former.subarray(written.length)])
        const isWhole = current.equals(former) || current.equals(next)
        expect(isTorn(current, {former, next})).toBe(!isWhole)
      }),
      {numRuns: 1000},
    )
  })
})
