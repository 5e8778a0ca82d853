import {expect, it} from 'vitest'
import {OnceAMinute} from '../../../src/core/once-a-minute.js'
import {ManualClock} from '../../support/manual-clock.js'

it('tells the first at once, then one line a minute with how many it stands for', () => {
  const clock = new ManualClock()
  const once = new OnceAMinute(clock)
  const told: number[] = []
  const happen = (): void => once.tell((count) => void told.push(count))
  happen()
  for (let second = 0; second < 90; second++) {
    clock.skip(1000)
    happen()
  }
  expect(told).toEqual([1, 60])
})

it('tells again when the clock was set back', () => {
  const clock = new ManualClock()
  const once = new OnceAMinute(clock)
  const told: number[] = []
  once.tell((count) => void told.push(count))
  clock.skip(-3_600_000)
  once.tell((count) => void told.push(count))
  expect(told).toEqual([1, 1])
})
