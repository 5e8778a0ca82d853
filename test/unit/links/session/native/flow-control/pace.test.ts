import {describe, expect, it} from 'vitest'
import {Pace} from '../../../../../../src/links/session/native/flow-control/pace.js'

/** Sends messages of `size` as fast as the pace lets it, for `ms` from 1000 on; returns the bytes sent. */
function send(pace: Pace, size: number, ms: number): number {
  let sent = 0
  for (let now = 1000; now < 1000 + ms;) {
    const wait = pace.wait(now)
    now += wait
    if (wait > 0 || now >= 1000 + ms) continue
    pace.spend(size)
    sent += size
  }
  return sent
}

describe('pace', () => {
  it('keeps to its rate over time', () => {
    const sent = send(new Pace(1024 * 1024), 1024, 10_000)
    expect(sent / (10 * 1024 * 1024)).toBeGreaterThan(0.99)
    expect(sent / (10 * 1024 * 1024)).toBeLessThan(1.01)
  })

  it('keeps to a rate below one message a second', () => {
    expect(send(new Pace(500), 1024, 60_000)).toBeLessThan(500 * 60 + 8 * 1024 + 1024)
  })

  it('never holds up a few small messages', () => {
    const pace = new Pace(64 * 1024)
    for (let message = 0; message < 50; message++) {
      expect(pace.wait(1000)).toBe(0)
      pace.spend(100)
    }
  })

  it('saves nothing up beyond a small burst', () => {
    const pace = new Pace(1024 * 1024)
    pace.wait(0)
    let burst = 0
    while (pace.wait(3_600_000) === 0) {
      pace.spend(1024)
      burst += 1024
    }
    expect(burst).toBe(8 * 1024)
  })

  it('earns nothing from a clock that was set back, and goes on', () => {
    const pace = new Pace(1024 * 1024)
    while (pace.wait(10_000) === 0) pace.spend(1024)
    expect(pace.wait(5000)).toBeGreaterThan(0)
    expect(pace.wait(5100)).toBe(0)
  })

  it('unlimited waits for nothing', () => {
    const pace = new Pace('unlimited')
    for (let message = 0; message < 10_000; message++) {
      expect(pace.wait(5)).toBe(0)
      pace.spend(1024)
    }
  })
})
