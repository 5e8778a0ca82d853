import {describe, expect, test} from 'vitest'
import {fail} from '../../../src/core/errors.js'
import type {HostsPort} from '../../../src/core/ports/hosts.js'
import type {Run} from '../../../src/core/run.js'
import {Teardown} from '../../../src/core/teardown.js'
import {mapName} from '../../../src/hosts/map-name.js'
import {NAME} from '../../support/hosts-content.js'

/** A hosts port that keeps the names in a set; `hold` keeps an add waiting for its lock. */
function memoryHosts(overrides: Partial<HostsPort> = {}) {
  const names = new Set<string>()
  const calls: string[] = []
  const hosts: HostsPort = {
    obstacle: async () => void calls.push('obstacle'),
    async add(name, signal) {
      calls.push('add')
      signal?.throwIfAborted()
      names.add(name)
    },
    async remove(name) {
      calls.push('remove')
      names.delete(name)
    },
    async sweep() {},
    ...overrides,
  }
  return {hosts, names, calls}
}

function aRun() {
  const stop = new AbortController()
  const undo = new Teardown()
  const say = {notice() {}, debug() {}}
  const run: Run = {signal: stop.signal, undo, say, divert: () => () => {}}
  return {run, stop, unwind: () => undo.unwind({budgetMs: 2000})}
}

const CONFLICT = fail('HOSTS_CONFLICT', 'Line 2 of /etc/hosts maps it to another address.')

describe('mode hosts', () => {
  test('the name is mapped in lower case until the run is undone', async () => {
    const {hosts, names} = memoryHosts()
    const {run, unwind} = aRun()
    expect(await mapName(NAME.toUpperCase(), {mode: 'hosts', takesAddress: true}, hosts, run)).toEqual({via: 'hosts'})
    expect([...names]).toEqual([NAME])
    expect(await unwind()).toEqual([])
    expect([...names]).toEqual([])
  })

  test('does not ask whether it may write: it must', async () => {
    const failure = fail('HOSTS_UNWRITABLE', 'It needs root.')
    const {hosts, calls} = memoryHosts({obstacle: async () => 'needs root', add: () => Promise.reject(failure)})
    const {run, unwind} = aRun()
    await expect(mapName(NAME, {mode: 'hosts', takesAddress: true}, hosts, run)).rejects.toBe(failure)
    expect(await unwind()).toEqual([])
    expect(calls).toEqual(['remove'])
  })
})

describe('mode hostaddr', () => {
  test('never looks at the hosts file', async () => {
    const {hosts, calls} = memoryHosts()
    const {run, unwind} = aRun()
    expect(await mapName(NAME, {mode: 'hostaddr', takesAddress: true}, hosts, run)).toMatchObject({via: 'hostaddr'})
    await unwind()
    expect(calls).toEqual([])
  })
})

describe('mode auto', () => {
  const auto = {mode: 'auto', takesAddress: true} as const

  test('takes the hosts file where it can be written', async () => {
    const {hosts, names} = memoryHosts()
    expect(await mapName(NAME, auto, hosts, aRun().run)).toEqual({via: 'hosts'})
    expect([...names]).toEqual([NAME])
  })

  test('else the address, with one line that says why', async () => {
    const {hosts, calls} = memoryHosts({obstacle: async () => 'needs root'})
    const {run, unwind} = aRun()
    expect(await mapName(NAME, auto, hosts, run)).toEqual({
      via: 'hostaddr',
      why: 'The hosts file needs root: the client is given the address instead (hostaddr).',
      mayRetry: true,
    })
    await unwind()
    expect(calls).toEqual([])
  })

  test('for a client that may not know hostaddr, the line says who will not find the name', async () => {
    const {hosts} = memoryHosts({obstacle: async () => 'needs root'})
    const mapping = await mapName(NAME, {mode: 'auto', takesAddress: false}, hosts, aRun().run)
    expect(mapping).toMatchObject({via: 'hostaddr', why: expect.stringContaining(`GUI clients, will not find ${NAME}`)})
  })

  test.each(['HOSTS_UNWRITABLE', 'HOSTS_LOCKED'] as const)('%s on trying is a reason, too', async (code) => {
    const {hosts} = memoryHosts({add: () => Promise.reject(fail(code, 'It did not work.'))})
    const mapping = await mapName(NAME, auto, hosts, aRun().run)
    expect(mapping).toEqual({
      via: 'hostaddr',
      why: 'It did not work. So the client is given the address instead (hostaddr).',
      mayRetry: true,
    })
  })

  test('a conflict is an error here as well', async () => {
    const {hosts} = memoryHosts({add: () => Promise.reject(CONFLICT)})
    await expect(mapName(NAME, auto, hosts, aRun().run)).rejects.toBe(CONFLICT)
  })
})

describe('what has to be in order before the name leads to 127.0.0.1', () => {
  /** A place that notes what becomes of it. */
  function aPlace(calls: string[], obstacle?: string) {
    return async (run: Run) => {
      calls.push('prepare')
      const giveBack = run.undo.push('place', 'local', () => void calls.push('give back'))
      return {obstacle, giveBack}
    }
  }

  test.each(['auto', 'hosts'] as const)(
    'is prepared before the line is written, and undone when it has gone: %s',
    async (mode) => {
      const {hosts, calls} = memoryHosts()
      const {run, unwind} = aRun()
      await mapName(NAME, {mode, takesAddress: true, prepare: aPlace(calls)}, hosts, run)
      await unwind()
      expect(calls.filter((call) => call !== 'obstacle')).toEqual(['prepare', 'add', 'remove', 'give back'])
    },
  )

  test.each([true, false])(
    'is not: no line, and why; no command would change that (a client that takes an address: %s)',
    async (takesAddress) => {
      const {hosts, calls, names} = memoryHosts()
      const prepare = aPlace(calls, 'Port 5432 is taken')
      expect(await mapName(NAME, {mode: 'auto', takesAddress, prepare}, hosts, aRun().run)).toEqual({
        via: 'hostaddr',
        why: expect.stringMatching(/^Port 5432 is taken\. So /),
        mayRetry: false,
      })
      expect([...names]).toEqual([])
      expect(calls).toEqual(['obstacle', 'prepare', 'give back'])
    },
  )

  test('is not: an error of its own where the hosts file was asked for', async () => {
    const {hosts, calls, names} = memoryHosts()
    const prepare = aPlace(calls, 'Port 5432 is taken')
    await expect(mapName(NAME, {mode: 'hosts', takesAddress: false, prepare}, hosts, aRun().run)).rejects.toMatchObject(
      {
        code: 'PORT_IN_USE',
        message: 'Port 5432 is taken.',
        hint: expect.stringContaining('--resolve hostaddr'),
      },
    )
    expect([...names]).toEqual([])
  })

  test('is given back when there is no line after all', async () => {
    const {hosts, calls} = memoryHosts({add: () => Promise.reject(fail('HOSTS_LOCKED', 'It is locked.'))})
    await mapName(NAME, {mode: 'auto', takesAddress: false, prepare: aPlace(calls)}, hosts, aRun().run)
    expect(calls).toEqual(['obstacle', 'prepare', 'give back'])
  })

  test('is not prepared where the name leads nowhere', async () => {
    const {hosts, calls} = memoryHosts({obstacle: async () => 'needs root'})
    await mapName(NAME, {mode: 'auto', takesAddress: false, prepare: aPlace(calls)}, hosts, aRun().run)
    await mapName(NAME, {mode: 'hostaddr', takesAddress: false, prepare: aPlace(calls)}, hosts, aRun().run)
    expect(calls).toEqual([])
  })
})

describe('undone at any moment', () => {
  test('while the line is being written: it is waited for, then taken out', async () => {
    let finishWriting = (): void => {}
    const written = new Promise<void>((resolve) => (finishWriting = resolve))
    const {hosts, names} = memoryHosts()
    const add = hosts.add.bind(hosts)
    hosts.add = async (name) => {
      await written
      await add(name)
    }
    const {run, stop, unwind} = aRun()
    const mapping = mapName(NAME, {mode: 'hosts', takesAddress: true}, hosts, run)
    stop.abort(fail('INTERRUPTED', 'Interrupted.'))
    const undone = unwind()
    finishWriting()
    expect(await undone).toEqual([])
    await mapping
    expect([...names]).toEqual([])
  })

  test('while it waits for others: the wait ends, whether or not the run was told to stop', async () => {
    const {hosts, calls} = memoryHosts({
      add: (_, signal) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    })
    const {run, unwind} = aRun()
    const mapping = mapName(NAME, {mode: 'hosts', takesAddress: true}, hosts, run)
    const refused = expect(mapping).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(await unwind()).toEqual([])
    await refused
    expect(calls).toEqual(['remove'])
  })

  test('while the place is prepared: nothing is written', async () => {
    const {hosts, names} = memoryHosts()
    hosts.add = async (name) => void names.add(name)
    const {run, unwind} = aRun()
    let prepared!: () => void
    const prepare = () =>
      new Promise<{giveBack(): Promise<void>}>((resolve) => (prepared = () => resolve({giveBack: async () => {}})))
    const mapping = mapName(NAME, {mode: 'hosts', takesAddress: true, prepare}, hosts, run)
    const refused = expect(mapping).rejects.toMatchObject({code: 'INTERRUPTED'})
    await unwind()
    prepared()
    await refused
    expect([...names]).toEqual([])
  })

  test('before it began: nothing is written', async () => {
    const {hosts, names} = memoryHosts()
    const {run, unwind} = aRun()
    await unwind()
    await expect(mapName(NAME, {mode: 'hosts', takesAddress: true}, hosts, run)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    expect([...names]).toEqual([])
  })
})

test.each(['', 'a b', '-x.example', 'x\n10.0.0.1 y', '127.0.0.1', `${'a.'.repeat(130)}a`])(
  'a name that is none is refused: %j',
  async (host) => {
    const {hosts, calls} = memoryHosts()
    const mapping = mapName(host, {mode: 'auto', takesAddress: true}, hosts, aRun().run)
    await expect(mapping).rejects.toMatchObject({code: 'VALUE_INVALID'})
    expect(calls).toEqual([])
  },
)
