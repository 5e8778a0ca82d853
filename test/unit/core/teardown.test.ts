import {describe, expect, it} from 'vitest'
import {partOf, Teardown, type UndoKind} from '../../../src/core/teardown.js'

function recorder() {
  const done: string[] = []
  const undo = new Teardown()
  const push = (title: string, kind: UndoKind = 'local') => undo.push(title, kind, () => void done.push(title))
  return {done, undo, push}
}

describe('Teardown', () => {
  it('undoes in reverse, what is on this machine first and the network last', async () => {
    const {done, undo, push} = recorder()
    push('session at AWS', 'network')
    push('port')
    push('hosts line')
    push('another call', 'network')
    push('client')
    expect(await undo.unwind({budgetMs: 1000})).toEqual([])
    expect(done).toEqual(['client', 'hosts line', 'port', 'another call', 'session at AWS'])
  })

  it('undoes once, however often it is asked', async () => {
    const {done, undo, push} = recorder()
    const early = push('port')
    await early()
    await Promise.all([undo.unwind({budgetMs: 1000}), undo.unwind({budgetMs: 1000})])
    expect(done).toEqual(['port'])
  })

  it('goes on after a step that fails, and tells', async () => {
    const {done, undo, push} = recorder()
    push('first')
    undo.push('broken', 'local', () => Promise.reject(new Error('disk full')))
    push('last')
    const errors = await undo.unwind({budgetMs: 1000})
    expect(errors.map((error) => error.message)).toEqual(['broken: disk full'])
    expect(done).toEqual(['last', 'first'])
  })

  it('leaves a step that hangs when the budget is used up, and still runs the others', async () => {
    const {done, undo, push} = recorder()
    push('hosts line')
    undo.push('hanging', 'local', () => new Promise(() => {}))
    const errors = await undo.unwind({budgetMs: 20})
    expect(errors.map((error) => error.message)).toEqual(['hanging: it took too long.'])
    expect(done).toEqual(['hosts line'])
  })

  it('gives a step on this machine time even when others have used it all', async () => {
    const {done, undo} = recorder()
    undo.push('hosts line', 'local', async () => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      done.push('hosts line')
    })
    undo.push('hanging', 'local', () => new Promise(() => {}))
    await undo.unwind({budgetMs: 10})
    expect(done).toEqual(['hosts line'])
  })

  it('skips the network part when told to, never the local one', async () => {
    const {done, undo, push} = recorder()
    const skip = new AbortController()
    push('session at AWS', 'network')
    undo.push('slow', 'local', async () => {
      skip.abort()
      await Promise.resolve()
      done.push('slow')
    })
    push('hosts line')
    await undo.unwind({budgetMs: 1000, skipNetwork: skip.signal})
    expect(done).toEqual(['hosts line', 'slow'])
  })

  it('lets go of a network step under way when told to skip', async () => {
    const {undo} = recorder()
    const skip = new AbortController()
    undo.push('session at AWS', 'network', () => {
      setImmediate(() => skip.abort())
      return new Promise(() => {})
    })
    expect(await undo.unwind({budgetMs: 60_000, skipNetwork: skip.signal})).toEqual([])
  })

  it('undoes at once what is pushed after unwinding began', async () => {
    const {done, undo, push} = recorder()
    await undo.unwind({budgetMs: 1000})
    push('late port')
    await Promise.resolve()
    expect(done).toEqual(['late port'])
  })
})

describe('partOf', () => {
  it('undoes its own steps early, each once: local ones awaited, network ones only begun', async () => {
    const log: string[] = []
    const stack = new Teardown()
    stack.push('before', 'local', () => void log.push('before'))
    const part = partOf(stack)
    let finish = (): void => {}
    part.push('session', 'network', () => {
      log.push('session begins')
      return new Promise<void>((resolve) => (finish = resolve))
    })
    part.push('port', 'local', async () => {
      await Promise.resolve()
      log.push('port')
    })
    part.push('folder', 'local', () => void log.push('folder'))
    await part.undo()
    expect(log).toEqual(['folder', 'port', 'session begins'])
    finish()
    expect(await stack.unwind({budgetMs: 1000})).toEqual([])
    expect(log).toEqual(['folder', 'port', 'session begins', 'before'])
  })

  it('tells what failed at the end, with the rest', async () => {
    const stack = new Teardown()
    const part = partOf(stack)
    part.push('port', 'local', () => Promise.reject(new Error('it is gone.')))
    await part.undo()
    expect((await stack.unwind({budgetMs: 1000})).map(({message}) => message)).toEqual(['port: it is gone.'])
  })
})
