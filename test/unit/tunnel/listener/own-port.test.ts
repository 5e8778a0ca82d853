import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {fail} from '../../../../src/core/errors.js'
import type {PortHolder} from '../../../../src/core/ports/network.js'
import {type OwnPort, takeOwnPort} from '../../../../src/tunnel/listener/own-port.js'
import {ManualClock, settle} from '../../../support/manual-clock.js'
import {type RecordedRun, recordedRun} from '../../../unit/links/session/plugin/recorded-run.js'

const ME = 1000
const [STRANGER, SERVICE, ROOT] = [1001, 113, 0]
const HOST = 'prod-db.c1.eu-west-1.rds.amazonaws.com'

let clock: ManualClock
let run: RecordedRun
/** Who listens on the database's own port; what is seen of them. */
let holders: readonly PortHolder[]
/** Whether the port can be had, at each try; as it is said by `holders` where nothing is left. */
let tries: boolean[]
let taken: boolean
let log: string[]

beforeEach(() => {
  ;[clock, run, holders, tries, taken, log] = [new ManualClock(), recordedRun(), [], [], false, []]
})
afterEach(async () => {
  expect(await run.end()).toEqual([])
  expect(taken).toBe(false)
  expect(clock.sleepers).toBe(0)
})

const localEnd = (port: number) => ({
  port,
  async alsoAt(second: number) {
    log.push(`take ${second}`)
    if (!(tries.shift() ?? holders.length === 0)) throw fail('PORT_IN_USE', 'It is taken.')
    taken = true
    return () => void (taken = false)
  },
})

const holder = (uid: number, program?: string): PortHolder => ({uid, owner: program ? {pid: 7, program} : undefined})

async function take({
  isWanted = true,
  at = 15_000,
  obstacle = undefined as {why: string; isUsual: boolean} | undefined,
} = {}): Promise<OwnPort> {
  const ports = {clock, connectionOwners: {ownUid: ME, obstacle}, portOwners: {holdersOf: async () => holders}}
  const own = takeOwnPort(localEnd(at), {host: HOST, port: 5432, isWanted}, ports, run)
  own.catch(() => {})
  await clock.advance(1000)
  return own
}

describe("the database's own port", () => {
  it('leads to the database, too, when nobody has it', async () => {
    const own = await take()
    expect([own.obstacle, own.holder, taken]).toEqual([undefined, undefined, true])
    await own.giveBack()
    expect(taken).toBe(false)
  })

  it('is not taken twice, where the tunnel is there already', async () => {
    const own = await take({at: 5432})
    expect([own.obstacle, own.holder, log]).toEqual([undefined, undefined, []])
  })

  it('is left free when that is wanted', async () => {
    const own = await take({isWanted: false})
    expect([own.obstacle, own.holder, log]).toEqual([undefined, undefined, []])
  })

  it.each([
    ['a program of the same user', holder(ME, 'node'), 'node (uid 1000, pid 7)'],
    ['root', holder(ROOT), 'another program (uid 0)'],
    ['a service', holder(SERVICE), 'another program (uid 113)'],
  ])('may belong to %s, and it is told who', async (_, who, name) => {
    holders = [who]
    for (const isWanted of [true, false]) {
      const own = await take({isWanted})
      expect([own.obstacle, own.holder]).toEqual([undefined, name])
    }
  })

  it.each([
    ['a person who is someone else', [holder(STRANGER)], "another user's program (uid 1001)"],
    ['one whose program can be seen', [holder(STRANGER, 'nc')], 'nc (uid 1001, pid 7)'],
    ['one who shares it with root', [holder(ROOT), holder(STRANGER)], "another user's program (uid 1001)"],
  ])('may not belong to %s', async (_, who, name) => {
    holders = who
    for (const isWanted of [true, false]) {
      const own = await take({isWanted})
      expect(own.obstacle).toBe(
        `Port 5432 on 127.0.0.1, where a line in the hosts file would lead programs that want ${HOST}, is taken by ${name}`,
      )
    }
  })

  it('may not belong to one who cannot be told apart from others: of such a number', async () => {
    holders = [holder(ME)]
    const own = await take({obstacle: {why: 'all look like you', isUsual: false}})
    expect(own.obstacle).toContain('(uid 1000)')
  })

  it('may not belong to what cannot be seen: a socket that is bound may listen at any time', async () => {
    tries = Array<boolean>(5).fill(false)
    expect((await take()).obstacle).toContain('a program that cannot be seen')
  })

  it('is looked at again when it changes hands meanwhile', async () => {
    tries = [false, false]
    const own = await take()
    expect([own.obstacle, taken, log.length]).toEqual([undefined, true, 3])
  })
})

describe('while the name leads there, the port', () => {
  it('is taken as soon as it is free', async () => {
    holders = [holder(ME)]
    const own = await take()
    own.watch((why) => run.say.notice(why))
    await clock.advance(10_000)
    expect(taken).toBe(false)
    holders = []
    await clock.advance(1000)
    expect([taken, run.notices]).toEqual([true, []])
    log = []
    await clock.advance(60_000)
    expect(log).toEqual([])
  })

  it('that another person has taken is told, once', async () => {
    holders = [holder(ROOT)]
    const own = await take()
    own.watch((why) => run.say.notice(why))
    holders = [holder(STRANGER)]
    await clock.advance(60_000)
    expect(run.notices).toEqual([expect.stringContaining('another user')])
  })

  it('is left alone once it is given back', async () => {
    holders = [holder(ROOT)]
    const own = await take()
    own.watch((why) => run.say.notice(why))
    await own.giveBack()
    holders = []
    await clock.advance(60_000)
    await settle()
    expect(taken).toBe(false)
  })
})
