import {describe, expect, it} from 'vitest'
import {all, type TunnelFacts, type TunnelObserver} from '../../../src/tunnel/observer.js'
import {observers} from '../../../src/tunnel/observers.js'

const FACTS = {} as TunnelFacts

describe('several observers', () => {
  it('are told one after another, those that take their time, too', async () => {
    const told: string[] = []
    const slow: TunnelObserver = {
      async opened() {
        await Promise.resolve()
        told.push('slow: opened')
      },
      closed: ({status}) => void told.push(`slow: closed ${status}`),
    }
    const quick: TunnelObserver = {
      opened: () => void told.push('quick: opened'),
      second: () => void told.push('quick: second'),
    }
    const both = all([slow, quick])
    await both.opened(FACTS)
    both.second(FACTS.status)
    both.changed(FACTS.status)
    await both.closed({status: 7})
    expect(told).toEqual(['slow: opened', 'quick: opened', 'quick: second', 'slow: closed 7'])
  })
})

describe.each(observers.map((make) => [make.name, make] as const))('%s', (_, make) => {
  it('takes a tunnel that was never opened for what it is', async () => {
    const lines: string[] = []
    const observer = make({
      ports: {
        audit: {osUser: 'al', machine: 'desk', append: async (line) => void lines.push(line)},
        clock: {now: () => 0, sleep: async () => {}},
        background: {parent: undefined, start: () => Promise.reject(new Error('not here'))},
      },
      say: {notice: (line) => void lines.push(line)},
      record: {note: async () => void lines.push('noted')},
    })
    await observer.closed?.({status: 0})
    expect(lines).toEqual([])
  })
})
