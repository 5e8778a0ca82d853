import {describe, expect, it} from 'vitest'
import {acquire} from '../../../src/core/acquire.js'
import {Teardown} from '../../../src/core/teardown.js'

const UNWIND = {budgetMs: 1000}

describe('what a run takes', () => {
  it('is given back when the run is undone', async () => {
    const undo = new Teardown()
    const given: string[] = []
    const taken = await acquire(undo, {title: 'file', take: async () => 'a', giveBack: (one) => void given.push(one)})
    expect([taken, given]).toEqual(['a', []])
    expect(await undo.unwind(UNWIND)).toEqual([])
    expect(given).toEqual(['a'])
  })

  it('is waited for where it is still being taken, and then given back', async () => {
    const undo = new Teardown()
    const given: string[] = []
    let arrive = (_: string): void => {}
    const taking = acquire(undo, {
      title: 'file',
      take: () => new Promise<string>((resolve) => (arrive = resolve)),
      giveBack: (one) => void given.push(one),
    })
    const undone = undo.unwind(UNWIND)
    arrive('late')
    await Promise.all([taking, undone])
    expect(given).toEqual(['late'])
  })

  it('is given back at once where the run is undone already', async () => {
    const undo = new Teardown()
    const given: string[] = []
    await undo.unwind(UNWIND)
    await acquire(undo, {title: 'file', take: async () => 'a', giveBack: (one) => void given.push(one)})
    await new Promise((resolve) => setImmediate(resolve))
    expect(given).toEqual(['a'])
  })

  it('is not given back where it could not be had', async () => {
    const undo = new Teardown()
    const take = () => Promise.reject(new Error('none left'))
    const giveBack = () => Promise.reject(new Error('there is nothing'))
    await expect(acquire(undo, {title: 'file', take, giveBack})).rejects.toThrow('none left')
    expect(await undo.unwind(UNWIND)).toEqual([])
  })

  it('is told by its title where it cannot be given back', async () => {
    const undo = new Teardown()
    await acquire(undo, {title: 'file', take: async () => 'a', giveBack: () => Promise.reject(new Error('it is busy'))})
    expect((await undo.unwind(UNWIND)).map(({message}) => message)).toEqual(['file: it is busy'])
  })
})
