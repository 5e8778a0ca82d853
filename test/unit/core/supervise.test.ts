import {describe, expect, it} from 'vitest'
import {ManualClock} from '../../support/manual-clock.js'
import type {Signal, SignalPort} from '../../../src/core/ports/signals.js'
import {supervise} from '../../../src/core/supervise.js'

function scene() {
  const signals = new Set<(signal: Signal) => void>()
  const faults = new Set<(error: unknown) => void>()
  const notices: string[] = []
  const port: SignalPort = {
    listen(listener) {
      signals.add(listener)
      return () => void signals.delete(listener)
    },
    listenFaults(listener) {
      faults.add(listener)
      return () => void faults.delete(listener)
    },
  }
  const say = {notice: (line: string) => void notices.push(line), debug: () => {}}
  const send = (signal: Signal) => signals.forEach((listener) => listener(signal))
  const crash = (error: unknown) => faults.forEach((listener) => listener(error))
  const clock = new ManualClock()
  return {ports: {clock, signals: port, say}, clock, send, crash, notices, listeners: () => signals.size + faults.size}
}

const forever = () => new Promise<never>(() => {})

describe('supervise', () => {
  it('undoes after a good end and lets go of the signals', async () => {
    const {ports, listeners} = scene()
    const done: string[] = []
    const result = await supervise(ports, async (run) => {
      run.undo.push('port', 'local', () => void done.push('port'))
      return 3
    })
    expect(result).toBe(3)
    expect(done).toEqual(['port'])
    expect(listeners()).toBe(0)
  })

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
    ['SIGTERM', 143],
  ] as const)('ends with %s as status %i, everything undone', async (signal, exitCode) => {
    const {ports, send} = scene()
    const done: string[] = []
    const work = supervise(ports, async (run) => {
      run.undo.push('port', 'local', () => void done.push('port'))
      return forever()
    })
    send(signal)
    await expect(work).rejects.toMatchObject({exitCode})
    expect(done).toEqual(['port'])
  })

  it('still takes the second of two quick presses when all is undone before it comes', async () => {
    const {ports, send, listeners} = scene()
    const work = supervise(ports, forever)
    send('SIGTERM')
    await expect(work).rejects.toMatchObject({exitCode: 143})
    expect(listeners()).toBeGreaterThan(0)
    send('SIGTERM')
  })

  it('does not end for SIGCONT', async () => {
    const {ports, send} = scene()
    let finish!: (value: string) => void
    const work = supervise(ports, () => new Promise<string>((resolve) => (finish = resolve)))
    send('SIGCONT')
    finish('done')
    expect(await work).toBe('done')
  })

  it('hands diverted signals over, and only these', async () => {
    const {ports, send} = scene()
    const taken: Signal[] = []
    const work = supervise(ports, async (run) => {
      const restore = run.divert(['SIGINT'], (signal) => taken.push(signal))
      send('SIGINT')
      send('SIGINT')
      restore()
      return forever()
    })
    send('SIGINT')
    await expect(work).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(taken).toEqual(['SIGINT', 'SIGINT'])
  })

  it('a second signal skips the network part, never the local one', async () => {
    const {ports, clock, send} = scene()
    const done: string[] = []
    const work = supervise(ports, async (run) => {
      run.undo.push('session at AWS', 'network', forever)
      run.undo.push('hosts line', 'local', () => {
        clock.skip(1000)
        send('SIGINT')
        done.push('hosts line')
      })
      return forever()
    })
    send('SIGINT')
    await expect(work).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(done).toEqual(['hosts line'])
  })

  it('a key pressed twice in a row is one signal', async () => {
    const {ports, clock, send} = scene()
    const done: string[] = []
    const work = supervise(ports, async (run) => {
      run.undo.push('session at AWS', 'network', () => void done.push('session at AWS'))
      return forever()
    })
    send('SIGINT')
    clock.skip(100)
    send('SIGINT')
    await expect(work).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(done).toEqual(['session at AWS'])
  })

  it('undoes after an error that nobody caught', async () => {
    const {ports, crash} = scene()
    const done: string[] = []
    const work = supervise(ports, async (run) => {
      run.undo.push('port', 'local', () => void done.push('port'))
      return forever()
    })
    crash(new Error('unexpected'))
    await expect(work).rejects.toThrow('unexpected')
    expect(done).toEqual(['port'])
  })

  it('says what could not be undone', async () => {
    const {ports, notices} = scene()
    await supervise(ports, async (run) => {
      run.undo.push('hosts line', 'local', () => Promise.reject(new Error('no space left')))
    })
    expect(notices).toEqual(['Cleanup failed: hosts line: no space left'])
  })
})
