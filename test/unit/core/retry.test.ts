import {describe, expect, it} from 'vitest'
import type {Clock} from '../../../src/core/ports/clock.js'
import {backoffDelay, retry} from '../../../src/core/retry.js'

const BACKOFF = {attempts: 4, baseMs: 100, capMs: 250}

function clock(): Clock & {slept: number[]} {
  const slept: number[] = []
  return {slept, now: () => 0, sleep: async (ms) => void slept.push(ms)}
}

describe('retry', () => {
  it('tries again until it works', async () => {
    const time = clock()
    const result = await retry(
      async (attempt) => {
        if (attempt < 3) throw new Error('busy')
        return attempt
      },
      BACKOFF,
      () => true,
      time,
    )
    expect(result).toBe(3)
    expect(time.slept).toHaveLength(2)
  })

  it('gives the last error when the attempts are used up', async () => {
    let tries = 0
    const work = retry(
      async () => Promise.reject(new Error(`no ${++tries}`)),
      BACKOFF,
      () => true,
      clock(),
    )
    await expect(work).rejects.toThrow('no 4')
  })

  it('does not try again what cannot get better, nor after an abort', async () => {
    let tries = 0
    const work = async () => Promise.reject(new Error(`no ${++tries}`))
    await expect(retry(work, BACKOFF, () => false, clock())).rejects.toThrow('no 1')
    const stopped = AbortSignal.abort()
    await expect(retry(work, BACKOFF, () => true, clock(), stopped)).rejects.toThrow('no 2')
  })

  it('doubles the delay up to the cap, and jitters over all of it', () => {
    expect([2, 3, 4, 5].map((attempt) => backoffDelay(BACKOFF, attempt, () => 1))).toEqual([100, 200, 250, 250])
    expect(backoffDelay(BACKOFF, 3, () => 0)).toBe(0)
  })
})
