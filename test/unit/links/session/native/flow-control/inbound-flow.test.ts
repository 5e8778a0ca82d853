import {beforeEach, describe, expect, it} from 'vitest'
import {InboundFlow, type Reader} from '../../../../../../src/links/session/native/flow-control/inbound-flow.js'
import {ManualClock} from '../../../../../support/manual-clock.js'

const MiB = 1024 * 1024

class Program implements Reader {
  waiting = 0
  onDisk = 0
  wants = false
  hasStopped = false
  wasCutOff = false

  stalled(): boolean {
    return this.hasStopped
  }

  expects(): boolean {
    return this.wants
  }

  cutOff(): void {
    this.wasCutOff = true
    this.waiting = this.onDisk = 0
  }

  reset(): void {}
}

describe('reading from the network', () => {
  let clock: ManualClock
  let life: AbortController
  let gate: {paused: boolean; backlog: number; pause(): void; resume(): void}
  let flow: InboundFlow
  let slow: Program
  let other: Program

  beforeEach(() => {
    clock = new ManualClock()
    life = new AbortController()
    gate = {paused: false, backlog: 0, pause: () => (gate.paused = true), resume: () => (gate.paused = false)}
    flow = new InboundFlow({clock, signal: life.signal, gate})
    slow = new Program()
    other = new Program()
    flow.readers.add(slow).add(other)
  })

  it('waits for a slow program as long as nobody else wants anything, and cuts nobody off', async () => {
    slow.waiting = 1.5 * MiB
    flow.review()
    expect(gate.paused).toBe(true)
    await clock.advance(60_000)
    expect([gate.paused, slow.wasCutOff]).toEqual([true, false])
    slow.waiting = MiB / 8
    flow.review()
    expect(gate.paused).toBe(false)
    await clock.advance(200)
    expect(clock.sleepers).toBe(0)
  })

  it('goes on past a slow program when another one wants something', async () => {
    slow.waiting = 5 * MiB
    flow.review()
    other.wants = true
    await clock.advance(100)
    expect([gate.paused, slow.wasCutOff]).toEqual([false, false])
    other.wants = false
    await clock.advance(100)
    expect(gate.paused).toBe(true)
  })

  it('goes on at once when another program asks', () => {
    slow.waiting = 5 * MiB
    flow.review()
    other.wants = true
    flow.wake()
    expect(gate.paused).toBe(false)
  })

  it('waits for a slow program that holds too much, and cuts it off once it has stalled', async () => {
    slow.waiting = slow.onDisk = 1025 * MiB
    other.wants = true
    flow.review()
    expect(gate.paused).toBe(true)
    await clock.advance(60_000)
    expect([slow.wasCutOff, gate.paused]).toEqual([false, true])
    slow.hasStopped = true
    await clock.advance(100)
    expect([slow.wasCutOff, other.wasCutOff, gate.paused]).toEqual([true, false, false])
  })

  it('bounds what many programs hold in memory together', () => {
    for (let count = 0; count < 70; count++) {
      const one = new Program()
      one.waiting = 0.5 * MiB
      flow.readers.add(one)
    }
    other.wants = true
    flow.review()
    expect(gate.paused).toBe(true)
  })

  it('waits while acknowledgements queue on a slow line', async () => {
    gate.backlog = MiB
    flow.reviewBacklog()
    expect(gate.paused).toBe(true)
    gate.backlog = 0
    await clock.advance(100)
    expect(gate.paused).toBe(false)
    await clock.advance(100)
    expect(clock.sleepers).toBe(0)
  })

  it('leaves nothing running when the session ends', async () => {
    slow.waiting = 2 * MiB
    flow.review()
    life.abort(new Error('over'))
    await clock.advance(1000)
    expect(clock.sleepers).toBe(0)
  })
})
