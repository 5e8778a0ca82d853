import {describe, expect, it} from 'vitest'
import {WindowSize} from '../../../../../../src/links/session/native/flow-control/window-size.js'

/** A line that is filled to the limit for a while: `perMs` messages pass it in a millisecond, the others queue. */
function fill(
  size: WindowSize,
  {roundTrip, perMs, from, ms}: {roundTrip: number; perMs: number; from: number; ms: number},
): void {
  for (let now = from; now < from + ms; now++) {
    const queued = Math.max(size.limit / perMs - roundTrip, 0)
    for (let message = 0; message < perMs; message++) size.sample(roundTrip + queued, size.limit, now)
  }
}

describe('the window', () => {
  it('grows to fill a fast line', () => {
    const size = new WindowSize()
    fill(size, {roundTrip: 40, perMs: 20, from: 0, ms: 5000})
    expect(size.limit).toBeGreaterThan(700)
  })

  it('keeps a slow line from queueing more than some milliseconds', () => {
    const size = new WindowSize()
    // The handshake, alone on the line.
    size.sample(40, 1, 0)
    fill(size, {roundTrip: 40, perMs: 1, from: 0, ms: 5000})
    expect(size.limit - 40).toBeLessThan(40 * 0.25 + 30)
    expect(size.limit).toBeGreaterThan(32)
  })

  it('does not grow while little is under way', () => {
    const size = new WindowSize()
    for (let now = 0; now < 5000; now++) size.sample(1, 3, now)
    expect(size.limit).toBe(64)
  })

  it('gets used to a longer way', () => {
    const size = new WindowSize()
    fill(size, {roundTrip: 10, perMs: 4, from: 0, ms: 5000})
    fill(size, {roundTrip: 200, perMs: 4, from: 5000, ms: 70_000})
    expect(size.limit).toBeGreaterThan(500)
  })
})
