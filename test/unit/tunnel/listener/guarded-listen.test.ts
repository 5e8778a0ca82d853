import {beforeEach, describe, expect, it} from 'vitest'
import {ConnectionBudget} from '../../../../src/core/connection-budget.js'
import type {ConnectionOwner, ConnectionOwners, LocalSocket} from '../../../../src/core/ports/network.js'
import {guardedListen, type GuardWish} from '../../../../src/tunnel/listener/guarded-listen.js'
import {ManualClock, settle} from '../../../support/manual-clock.js'
import {type MemoryCaller, memoryListen} from '../../../support/memory-listen.js'

const ME = 1000
const user = (uid: number): ConnectionOwner => ({kind: 'user', uid, socketId: `socket of ${uid}`})

let clock: ManualClock
let network: ReturnType<typeof memoryListen>
let notices: string[]
let owner: ConnectionOwner
let arrived: LocalSocket[]
let lookUps: number

beforeEach(() => {
  ;[clock, network, notices, arrived, owner, lookUps] = [new ManualClock(), memoryListen(), [], [], user(ME), 0]
})

interface World {
  readonly wish?: Partial<GuardWish>
  readonly owners?: Partial<ConnectionOwners>
  readonly files?: number
}

async function listening({wish, owners, files = 1000}: World = {}): Promise<() => MemoryCaller> {
  const connectionOwners: ConnectionOwners = {
    ownUid: ME,
    obstacle: undefined,
    hasOutsiders: false,
    async ownerOf() {
      lookUps++
      return owner
    },
    programOf: () => undefined,
    ...owners,
  }
  const connections = new ConnectionBudget(() => files)
  const say = (line: string): void => void notices.push(line)
  const listen = guardedListen(
    {allowOtherUsers: false, mend: '--allow-other-users', say, ...wish},
    {clock, connections, connectionOwners, listen: network.listen},
  )
  await listen.listen(5432, (socket) => void arrived.push(socket))
  return () => network.call()
}

async function call(from: () => MemoryCaller): Promise<'in' | 'reset'> {
  const caller = from()
  await settle()
  return arrived.includes(caller) ? 'in' : caller.wasReset ? 'reset' : expect.fail('neither in nor reset')
}

describe('who may connect', () => {
  it.each<[string, ConnectionOwner, 'in' | 'reset']>([
    ['this user', user(ME), 'in'],
    ['root', user(0), 'in'],
    ['another user', user(1001), 'reset'],
    ['a system service', user(33), 'reset'],
    ['one that has closed its connection', {kind: 'closed'}, 'reset'],
    ['one that this machine does not know', {kind: 'none'}, 'reset'],
  ])('%s: %o is %s', async (_, who, fate) => {
    const from = await listening()
    owner = who
    expect(await call(from)).toBe(fate)
  })

  it('nobody comes in before it is known who that is', async () => {
    let tell!: (owner: ConnectionOwner) => void
    const from = await listening({owners: {ownerOf: () => new Promise((resolve) => (tell = resolve))}})
    const caller = from()
    caller.ask()
    await settle()
    expect([arrived, caller.wasReset, caller.readableFlowing]).toEqual([[], false, null])
    tell(user(ME))
    await settle()
    expect(arrived).toEqual([caller])
  })

  it('everybody, when that is wanted, and nobody is looked up then', async () => {
    const from = await listening({wish: {allowOtherUsers: true}})
    owner = user(1001)
    expect(await call(from)).toBe('in')
    expect(lookUps).toBe(0)
  })

  it('everybody, where owners cannot be told apart', async () => {
    const from = await listening({owners: {obstacle: {why: 'it is so', isUsual: false}}})
    owner = user(1001)
    expect(await call(from)).toBe('in')
  })

  it('with WSL’s mirrored network those who have no owner here, too, and that is said once; other users not', async () => {
    const from = await listening({owners: {hasOutsiders: true}})
    owner = {kind: 'none'}
    expect([await call(from), await call(from)]).toEqual(['in', 'in'])
    expect(notices).toEqual([expect.stringMatching(/^Programs of Windows can connect, too/)])
    owner = user(1001)
    expect(await call(from)).toBe('reset')
    owner = {kind: 'closed'}
    expect(await call(from)).toBe('reset')
  })

  it('where whoever connects is logged in, nobody without an owner, even there', async () => {
    const from = await listening({owners: {hasOutsiders: true}, wish: {isAutoLogin: true}})
    owner = {kind: 'none'}
    expect(await call(from)).toBe('reset')
    expect(notices).toEqual([
      expect.stringMatching(/^Refused a connection to port 5432 from no program of this machine/),
    ])
  })
})

describe('those who were refused', () => {
  it('are told by uid and program, and how to let them in; once a minute, however many they are', async () => {
    const from = await listening({owners: {programOf: (id) => ({pid: 7, program: `n\u001Bc of ${id}`})}})
    owner = user(1001)
    for (let times = 0; times < 800; times++) await call(from)
    expect(notices).toEqual([
      "Refused a connection to port 5432 from another user's program (uid 1001, n?c of socket of 1001, pid 7). To let other users in: --allow-other-users",
    ])
    clock.skip(60_000)
    owner = user(1002)
    await call(from)
    expect(notices.slice(1)).toEqual([
      "Refused 800 connections to port 5432, the last one from another user's program (uid 1002, n?c of socket of 1002, pid 7). To let other users in: --allow-other-users",
    ])
  })

  it('are told without a program where that cannot be seen, and without a flag where there is none', async () => {
    const from = await listening({wish: {mend: undefined}})
    owner = user(1001)
    await call(from)
    expect(notices).toEqual(["Refused a connection to port 5432 from another user's program (uid 1001)."])
  })

  it('and have closed their connection are no line', async () => {
    const from = await listening()
    owner = {kind: 'closed'}
    await call(from)
    expect(notices).toEqual([])
  })
})

describe('connections at a time', () => {
  it('are a quarter of the files that may be open; the next one is reset, and may come when another has gone', async () => {
    const from = await listening({files: 40})
    for (let times = 0; times < 10; times++) expect(await call(from)).toBe('in')
    expect([await call(from), await call(from)]).toEqual(['reset', 'reset'])
    expect(notices).toEqual([
      'Refused 1 connection: 10 at a time are the most, by the limit of open files (ulimit -n).',
    ])
    arrived[3]?.destroy()
    await settle()
    expect(await call(from)).toBe('in')
  })

  it('of strangers take no place', async () => {
    const from = await listening({files: 40})
    owner = user(1001)
    for (let times = 0; times < 100; times++) expect(await call(from)).toBe('reset')
    owner = user(ME)
    for (let times = 0; times < 10; times++) expect(await call(from)).toBe('in')
  })

  it('whose owner is looked up are bounded, too, apart from the others', async () => {
    const waiting: ((owner: ConnectionOwner) => void)[] = []
    const from = await listening({files: 40, owners: {ownerOf: () => new Promise((resolve) => waiting.push(resolve))}})
    const callers = Array.from({length: 600}, () => from())
    await settle()
    expect(callers.filter(({wasReset}) => wasReset)).toHaveLength(590)
    for (const tell of waiting) tell(user(1001))
    await settle()
    expect(callers.filter(({wasReset}) => wasReset)).toHaveLength(600)
    for (let times = 0; times < 10; times++) {
      const caller = from()
      waiting.at(-1)?.(user(ME))
      await settle()
      expect(arrived).toContain(caller)
    }
  })
})
