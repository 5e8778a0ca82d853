import {describe, expect, it} from 'vitest'
import {withDeadline} from '../../../src/core/deadline.js'

const never = new Promise<never>(() => {})

describe('withDeadline', () => {
  it('gives the result that comes in time', async () => {
    expect(await withDeadline(Promise.resolve(7), 60_000, () => new Error('late'))).toBe(7)
  })

  it('ends with its own error when time is up', async () => {
    await expect(withDeadline(never, 1, () => new Error('late'))).rejects.toThrow('late')
  })

  it("ends with the signal's reason when the run is stopped, at once when it was stopped before", async () => {
    const stop = new AbortController()
    const work = withDeadline(never, 60_000, () => new Error('late'), stop.signal)
    stop.abort(new Error('interrupted'))
    await expect(work).rejects.toThrow('interrupted')
    await expect(withDeadline(never, 60_000, () => new Error('late'), stop.signal)).rejects.toThrow('interrupted')
  })
})
