import {randomBytes} from 'node:crypto'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {OverflowPort} from '../../../../../../src/core/ports/overflow.js'
import {InboundQueue, MOST_IN_MEMORY} from '../../../../../../src/links/session/native/flow-control/inbound-queue.js'

/** A disk in memory, which may fail. */
class Disk implements OverflowPort {
  open = 0
  created = 0
  full = false
  broken = false

  create() {
    if (this.full) throw new Error('ENOSPC')
    this.open++
    this.created++
    let content = Buffer.alloc(0)
    return {
      append: (bytes: Uint8Array) => {
        if (this.full) throw new Error('ENOSPC')
        content = Buffer.concat([content, bytes])
      },
      read: (target: Uint8Array, at: number) => {
        if (this.broken) throw new Error('EIO')
        target.set(content.subarray(at, at + target.length))
      },
      close: () => void this.open--,
    }
  }
}

function takeAll(queue: InboundQueue): Buffer {
  const taken: Buffer[] = []
  for (let bytes; (bytes = queue.shift());) taken.push(bytes)
  return Buffer.concat(taken)
}

describe('bytes for a program that lags behind', () => {
  it('come out as they came in, wherever they were kept meanwhile', () => {
    const step = fc.oneof(
      fc.record({push: fc.integer({min: 1, max: 200_000})}),
      fc.record({shift: fc.integer({min: 1, max: 12})}),
      {weight: 1, arbitrary: fc.record({full: fc.constant(true)})},
    )
    const random = randomBytes(400_000)
    fc.assert(
      fc.property(fc.array(step, {maxLength: 40}), (steps) => {
        const disk = new Disk()
        const queue = new InboundQueue(disk)
        const pushed: Buffer[] = []
        const taken: Buffer[] = []
        for (const one of steps) {
          if ('push' in one) {
            const bytes = random.subarray(pushed.length, pushed.length + one.push)
            queue.push(bytes)
            pushed.push(bytes)
          } else if ('shift' in one) {
            for (let count = 0; count < one.shift; count++) taken.push(queue.shift() ?? Buffer.alloc(0))
          } else {
            disk.full = true
          }
          const [all, out] = [pushed, taken].map((list) => list.reduce((sum, {length}) => sum + length, 0))
          expect(queue.length).toBe(all! - out!)
          if (!disk.full) expect(queue.length - queue.onDisk).toBeLessThanOrEqual(MOST_IN_MEMORY)
        }
        taken.push(takeAll(queue))
        expect(Buffer.concat(taken).equals(Buffer.concat(pushed))).toBe(true)
        expect([queue.length, queue.onDisk, disk.open]).toEqual([0, 0, 0])
      }),
      {numRuns: 40},
    )
  })

  it('stay in memory as long as they are few', () => {
    const disk = new Disk()
    const queue = new InboundQueue(disk)
    for (let count = 0; count < MOST_IN_MEMORY / 1024; count++) queue.push(Buffer.alloc(1024))
    expect([queue.length, queue.onDisk, disk.created]).toEqual([MOST_IN_MEMORY, 0, 0])
    queue.push(Buffer.alloc(1))
    expect([queue.onDisk, disk.created]).toEqual([1, 1])
  })

  it('do not keep the packet alive in which they came', () => {
    const queue = new InboundQueue(new Disk())
    const packet = Buffer.alloc(64 * 1024)
    queue.push(packet.subarray(0, 100))
    expect(queue.shift()?.buffer).not.toBe(packet.buffer)
  })

  it('give their disk space back while more come', () => {
    const disk = new Disk()
    const queue = new InboundQueue(disk)
    const piece = Buffer.alloc(64 * 1024)
    for (let count = 0; count < 40 * 16; count++) queue.push(piece)
    expect(disk.open).toBeGreaterThan(3)
    const before = disk.open
    for (let count = 0; count < 30 * 16; count++) {
      queue.shift()
      queue.push(piece)
    }
    expect(disk.created).toBeGreaterThan(before)
    expect(disk.open).toBeLessThanOrEqual(before + 1)
    queue.clear()
    expect([disk.open, queue.length]).toEqual([0, 0])
  })

  it('are not passed over when the disk has lost them', () => {
    const disk = new Disk()
    const queue = new InboundQueue(disk)
    queue.push(Buffer.alloc(MOST_IN_MEMORY))
    queue.push(Buffer.from('x'))
    disk.broken = true
    expect(() => takeAll(queue)).toThrow('EIO')
  })
})
