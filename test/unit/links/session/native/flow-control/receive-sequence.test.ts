import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {ReceiveSequence} from '../../../../../../src/links/session/native/flow-control/receive-sequence.js'

const bytes = (text: string): number => text.length

describe('what comes in', () => {
  it('is delivered in order and once, however it was exchanged and doubled', () => {
    const arrivals = fc.integer({min: 1, max: 30}).chain((count) => {
      const all = Array.from({length: count}, (_, index) => index)
      const doubled = fc.array(fc.constantFrom(...all), {maxLength: 40})
      return doubled.chain((again) => fc.shuffledSubarray([...all, ...again], {minLength: count + again.length}))
    })
    fc.assert(
      fc.property(arrivals, (sequences) => {
        const delivered: number[] = []
        const incoming = new ReceiveSequence<{sequence: number}>(
          ({sequence}) => delivered.push(sequence),
          () => 1,
        )
        for (const sequence of sequences) expect(incoming.accept(sequence, {sequence})).toBe(true)
        expect(delivered).toEqual([...new Set(sequences)].sort((a, b) => a - b))
      }),
    )
  })

  it('is acknowledged again when it comes again, and not delivered', () => {
    const delivered: string[] = []
    const incoming = new ReceiveSequence<string>((text) => delivered.push(text), bytes)
    expect([
      incoming.accept(0, 'a'),
      incoming.accept(0, 'a'),
      incoming.accept(2, 'c'),
      incoming.accept(2, 'c'),
    ]).toEqual([true, true, true, true])
    expect(delivered).toEqual(['a'])
  })

  it('far too early is left unacknowledged, for memory has an end', () => {
    const incoming = new ReceiveSequence<string>(() => {}, bytes)
    for (let sequence = 1; sequence <= 10_000; sequence++) incoming.accept(sequence, 'x')
    expect(incoming.accept(10_001, 'x')).toBe(false)
    expect(incoming.accept(10_000, 'x')).toBe(true)
    expect(incoming.accept(0, 'x')).toBe(true)
    expect(incoming.accept(10_001, 'x')).toBe(true)
  })

  it('so are huge messages that come too early, until those before them are there', () => {
    const huge = 'x'.repeat(4 * 1024 * 1024)
    const incoming = new ReceiveSequence<string>(() => {}, bytes)
    const accepted = [1, 2, 3, 4, 5].map((sequence) => incoming.accept(sequence, huge))
    expect(accepted).toEqual([true, true, true, true, false])
    expect(incoming.accept(4, huge)).toBe(true)
    expect(incoming.accept(0, huge)).toBe(true)
    expect(incoming.accept(6, huge)).toBe(true)
  })

  it('counts as delivered before its acknowledgement is written', () => {
    const delivered: string[] = []
    const incoming = new ReceiveSequence<string>((text) => {
      delivered.push(text)
      // The line breaks in the middle, and the agent sends it once more.
      if (delivered.length === 1) incoming.accept(0, 'again')
    }, bytes)
    incoming.accept(0, 'once')
    expect(delivered).toEqual(['once'])
  })
})
