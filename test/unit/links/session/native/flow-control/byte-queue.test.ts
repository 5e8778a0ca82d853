import fc from 'fast-check'
import {expect, it} from 'vitest'
import {ByteQueue} from '../../../../../../src/links/session/native/flow-control/byte-queue.js'

it('gives out exactly what came in, in any pieces', () => {
  const step = fc.oneof(
    fc.record({push: fc.uint8Array({maxLength: 20})}),
    fc.record({read: fc.integer({min: 0, max: 30})}),
    fc.record({shift: fc.constant(true)}),
  )
  fc.assert(
    fc.property(fc.array(step, {maxLength: 60}), (steps) => {
      const queue = new ByteQueue()
      const pushed: number[] = []
      const taken: number[] = []
      for (const one of steps) {
        if ('push' in one) {
          queue.push(Buffer.from(one.push))
          pushed.push(...one.push)
        } else if ('read' in one) {
          const target = Buffer.alloc(one.read)
          const length = queue.read(target)
          expect(length).toBe(Math.min(one.read, pushed.length - taken.length))
          taken.push(...target.subarray(0, length))
        } else {
          taken.push(...(queue.shift() ?? []))
        }
        expect(queue.length).toBe(pushed.length - taken.length)
        expect(taken).toEqual(pushed.slice(0, taken.length))
      }
    }),
  )
})
