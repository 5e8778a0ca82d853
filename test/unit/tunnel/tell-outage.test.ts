import {expect, it} from 'vitest'
import type {LinkEnd} from '../../../src/links/link.js'
import {tellOutage} from '../../../src/tunnel/tell-outage.js'
import {ManualClock} from '../../support/manual-clock.js'

function stage() {
  const clock = new ManualClock()
  const said: string[] = []
  const over = new AbortController()
  let end!: (end: LinkEnd) => void
  const closed = new Promise<LinkEnd>((resolve) => (end = resolve))
  let downAt: number | undefined
  const outage = (): number => (downAt === undefined ? 0 : clock.now() - downAt)
  const via = {kind: 'session', bastion: {id: 'i-1', name: 'bastion-a'}, carrier: 'native'} as const
  const telling = tellOutage({outage, closed, via}, clock, (line) => void said.push(line), over.signal)
  const line = {
    lose: () => void (downAt = clock.now()),
    resume: () => void (downAt = undefined),
  }
  return {clock, said, over, end, telling, line}
}

it('a lost line is told after 5 s, once, and again when it is back', async () => {
  const {clock, said, over, telling, line} = stage()
  line.lose()
  await clock.advance(4900)
  expect(said).toEqual([])
  await clock.advance(1200)
  expect(said).toEqual([
    expect.stringMatching(/^No contact with AWS for [56] s; trying to resume the session on i-1 "bastion-a" …$/),
  ])
  await clock.advance(30_000)
  expect(said).toHaveLength(1)
  line.resume()
  await clock.advance(1000)
  expect(said.at(-1)).toBe('The session is resumed.')
  over.abort()
  await telling
  expect(clock.sleepers).toBe(0)
})

it('the hourly change of lines is not worth a word', async () => {
  const {clock, said, end, telling, line} = stage()
  line.lose()
  await clock.advance(3000)
  line.resume()
  await clock.advance(10_000)
  expect(said).toEqual([])
  end({})
  await telling
  expect(clock.sleepers).toBe(0)
})
