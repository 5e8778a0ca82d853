import {expect, it} from 'vitest'
import {rateLimit} from '../../../src/core/rate-limit.js'
import {ManualClock} from '../../support/manual-clock.js'

it('lets the first go at once, and all others in their order, as far apart as it says', async () => {
  const clock = new ManualClock()
  const begin = clock.now()
  const line = rateLimit(300, clock)
  const went: [string, number][] = []
  const take = (name: string): Promise<number> => line.next().then(() => went.push([name, clock.now() - begin]))
  void take('a')
  void take('b')
  void take('c')
  await clock.advance(450)
  void take('d')
  await clock.advance(5000)
  void take('e')
  await clock.advance(0)
  expect(went).toEqual([
    ['a', 0],
    ['b', 300],
    ['c', 600],
    ['d', 900],
    ['e', 5450],
  ])
})

it('waits for nobody whose run has ended', async () => {
  const clock = new ManualClock()
  const stop = new AbortController()
  const line = rateLimit(300, clock)
  await line.next()
  const waiting = line.next(stop.signal)
  stop.abort(new Error('over'))
  await expect(waiting).rejects.toThrow('over')
  expect(clock.sleepers).toBe(0)
})
