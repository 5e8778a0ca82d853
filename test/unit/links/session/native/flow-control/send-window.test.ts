import {describe, expect, it} from 'vitest'
import {SendWindow} from '../../../../../../src/links/session/native/flow-control/send-window.js'

function frame(sequence: number): Buffer {
  return Buffer.from([sequence])
}

/** A window with messages 0 to count - 1, all sent at 1000. */
function windowOf(count: number): SendWindow {
  const window = new SendWindow()
  for (let sequence = 0; sequence < count; sequence++) window.add(sequence, frame(sequence), 1000)
  return window
}

function late(window: SendWindow, now: number): number[] {
  window.expire(now)
  const sequences: number[] = []
  for (let bytes; (bytes = window.takeLate(now));) sequences.push(bytes[0]!)
  return sequences
}

describe('unacknowledged messages', () => {
  it('are sent again when they are late, and their new time counts', () => {
    const window = windowOf(1)
    expect(late(window, 1150)).toEqual([])
    expect(late(window, 1200)).toEqual([0])
    expect(late(window, 1300)).toEqual([])
    // Twice the patience each time.
    expect(late(window, 1599)).toEqual([])
    expect(late(window, 1600)).toEqual([0])
  })

  it('are only asked about when nothing is acknowledged at all', () => {
    expect(late(windowOf(50), 1300)).toEqual([0, 1, 2, 3])
  })

  it('are all lost when a later one was acknowledged', () => {
    const window = windowOf(50)
    window.add(50, frame(50), 1010)
    window.acknowledge(50, 1020)
    expect(late(window, 1300)).toEqual(Array.from({length: 50}, (_, index) => index))
  })

  it('are all sent again, once and in order, after a resume', () => {
    const window = windowOf(5)
    window.acknowledge(1, 1010)
    window.expire(1300)
    window.expireAll()
    const sequences: number[] = []
    for (let bytes; (bytes = window.takeLate(1300));) sequences.push(bytes[0]!)
    expect(sequences).toEqual([0, 2, 3, 4])
  })

  it('are not sent again once they are acknowledged', () => {
    const window = windowOf(3)
    window.expireAll()
    window.acknowledge(1, 1100)
    window.acknowledge(1, 1100)
    window.acknowledge(99, 1100)
    expect([window.takeLate(1100), window.takeLate(1100), window.takeLate(1100)]).toEqual([
      frame(0),
      frame(2),
      undefined,
    ])
    expect(window.isEmpty).toBe(false)
    window.acknowledge(0, 1200)
    window.acknowledge(2, 1200)
    expect(window.isEmpty).toBe(true)
  })

  it('of a slow line are waited for longer', () => {
    const window = new SendWindow()
    for (let sequence = 0; sequence < 40; sequence++) {
      window.add(sequence, frame(sequence), sequence * 1000)
      window.acknowledge(sequence, sequence * 1000 + 400)
    }
    window.add(40, frame(40), 50_000)
    expect(late(window, 50_399)).toEqual([])
    expect(late(window, 51_000)).toEqual([40])
  })

  it('have no room beyond the window', () => {
    const window = new SendWindow()
    let sequence = 0
    while (window.hasRoom) window.add(sequence, frame(0), 1000 + sequence++)
    expect(sequence).toBeLessThanOrEqual(64)
    window.acknowledge(0, 1000)
    expect(window.hasRoom).toBe(true)
  })
})
