import {setImmediate} from 'node:timers/promises'
import {beforeEach, describe, expect, it} from 'vitest'
import {Wakeup} from '../../../src/core/wakeup.js'
import {type DbtunnelError, type ErrorCode, fail} from '../../../src/core/errors.js'
import type {LocalSocket} from '../../../src/core/ports/network.js'
import type {Run} from '../../../src/core/run.js'
import {partOf} from '../../../src/core/teardown.js'
import type {Discovery} from '../../../src/tunnel/discovery/discover.js'
import {type Health, Keeper} from '../../../src/tunnel/keeper.js'
import type {OpenedSession, Connector} from '../../../src/tunnel/connector.js'
import {type LocalEnd, openLocalEnd} from '../../../src/tunnel/listener/listener.js'
import type {Link, LinkEnd} from '../../../src/links/link.js'
import {ManualClock, settle} from '../../support/manual-clock.js'
import {memoryListen} from '../../support/memory-listen.js'
import {type RecordedRun, recordedRun} from '../links/session/plugin/recorded-run.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const [A, B] = [
  {id: 'i-a', name: 'bastion-a'},
  {id: 'i-b', name: 'bastion-b'},
]
const at = (host: string, bastions = [A, B]): Discovery =>
  ({target: {name: 'prod-db', endpoint: {host, port: 5432}}, bastions}) as unknown as Discovery
const error = (code: ErrorCode, message = `It is ${code}.`): DbtunnelError => fail(code, message, {hint: 'Do this.'})

interface FakeSession extends Link {
  readonly accepted: LocalSocket[]
  /** As the native engine shows it; the plugin shows nothing. */
  unheard?: () => number
  end(end: LinkEnd): void
}

let clock: ManualClock
let run: RecordedRun
let network: ReturnType<typeof memoryListen>
let localEnd: LocalEnd
let sessions: FakeSession[]
/** What becomes of the next sessions: a failure, or undefined for one that comes up. */
let fates: (DbtunnelError | undefined)[]
/** What the database says next; it answers when there is nothing. */
let answers: (DbtunnelError | (() => void | Promise<void>))[]
let log: string[]
let fresh: Discovery | DbtunnelError
let networks: string
let login: string
let changes: string[]
/** Rung to let a session come up; without it, each does at once. */
let opening: Wakeup | undefined

beforeEach(async () => {
  clock = new ManualClock()
  run = recordedRun()
  network = memoryListen()
  localEnd = await openLocalEnd(0, {listen: network.listen, clock})
  login = 'before'
  opening = undefined
  ;[sessions, fates, answers, log, fresh, networks, changes] = [[], [], [], [], at('db'), 'home', []]
})

function sessionOn(bastion: Link['via']['bastion']): FakeSession {
  let end!: (end: LinkEnd) => void
  const closed = new Promise<LinkEnd>((resolve) => (end = resolve))
  const session: FakeSession = {
    id: `s-${sessions.length + 1}`,
    via: {kind: 'session', bastion, carrier: 'native'},
    closed,
    accepted: [],
    accept: (socket) => void session.accepted.push(socket),
    check: async () => {},
    async close() {
      for (const socket of session.accepted) socket.resetAndDestroy()
      end({})
    },
    end,
  }
  sessions.push(session)
  return session
}

const connector: Connector = {
  async discover() {
    log.push('discover')
    if (fresh instanceof Error) throw fresh
    return fresh
  },
  async open(discovery, _, within: Run) {
    const [bastion = A] = discovery.bastions
    log.push(`open ${bastion.id}`)
    const taken = partOf(within.undo)
    taken.push('session', 'network', () => void log.push(`terminate ${bastion.id}`))
    const fate = fates.shift()
    if (fate) throw fate
    await opening?.next(run.signal)
    return {discovery, session: sessionOn(bastion), authorities: 'PEM', taken}
  },
  async prove(_, timeoutMs) {
    log.push(timeoutMs === 5000 ? 'probe' : `probe for ${timeoutMs / 1000} s`)
    const answer = answers.shift()
    if (typeof answer === 'function') await answer()
    else if (answer) throw answer
  },
}

/** Runs a keeper on a tunnel that is up. */
async function kept({keepAlive = false, mayRenew = true} = {}) {
  const opened: OpenedSession = await connector.open(at('db'), 0, run)
  log.length = 0
  const tunnel = {target: at('db').target, localEnd, opened, connector}
  const wish = {keepAlive, changed: ({state, session}: Health) => void changes.push(`${state} ${session.id}`)}
  const ports = {
    clock,
    networks: {fingerprint: () => networks},
    aws: {mayRenewCredentials: () => mayRenew, loginMark: async () => login},
  }
  const keeper = new Keeper(tunnel, wish, ports, run)
  localEnd.lead(opened.session.accept)
  const over = keeper.keep().catch((reason: unknown) => reason as DbtunnelError)
  await settle()
  return {keeper, over}
}

const latest = (): FakeSession => sessions.at(-1) ?? sessionOn(A)
const byService = {error: error('TUNNEL_LOST', 'Session Manager ended the session: idle.'), byService: true}
const killed = {error: error('TUNNEL_LOST', 'The plugin was killed.')}

describe('a tunnel that is up', () => {
  it('asks the database nothing for days without a reason', async () => {
    await kept()
    await clock.advance(48 * HOUR)
    expect(log).toEqual([])
  })

  it('asks it every 50 s with --keep-alive', async () => {
    await kept({keepAlive: true})
    await clock.advance(10 * MINUTE)
    expect(log.length).toBeGreaterThanOrEqual(11)
    expect(new Set(log)).toEqual(new Set(['probe']))
  })

  it.each<[string, () => void | Promise<void>]>([
    ['the machine has slept', () => clock.skip(HOUR)],
    ['the network is another one', () => void (networks = 'train')],
    [
      'a program hears nothing',
      async () => {
        network.call().ask()
        await clock.advance(6000)
      },
    ],
    [
      'a program has left without an answer',
      () => {
        const caller = network.call()
        caller.ask()
        caller.leave()
      },
    ],
    ['a connection is cut', () => network.call().resetAndDestroy()],
    ['the far side ends a connection', () => void network.call().end()],
  ])('asks it when %s, once', async (_, happen) => {
    await kept()
    await clock.advance(2000)
    await happen()
    await clock.advance(10_000)
    expect(log).toEqual(['probe'])
    expect(run.notices).toEqual([])
  })

  it('does not ask for programs that come and go', async () => {
    await kept()
    const caller = network.call()
    caller.ask()
    caller.write('answer')
    caller.leave()
    network.call().leave()
    await clock.advance(MINUTE)
    expect(log).toEqual([])
  })

  it('asks once for much that happens at a time, and again a second later', async () => {
    const {keeper} = await kept()
    for (let times = 0; times < 50; times++) keeper.look()
    await settle()
    for (let times = 0; times < 50; times++) keeper.look()
    await settle()
    expect(log).toEqual(['probe'])
    await clock.advance(1000)
    expect(log).toEqual(['probe', 'probe'])
  })

  it('is not given up while others hear from the database: it is only slow', async () => {
    const {keeper} = await kept()
    const caller = network.call()
    answers = [
      () => {
        caller.write('rows')
        throw error('TIMEOUT')
      },
    ]
    keeper.look()
    await clock.advance(2000)
    expect(log).toEqual(['probe'])
  })
})

describe('a session that is lost', () => {
  it('is replaced, the local end leads to the new one, and one line says so', async () => {
    const {keeper} = await kept()
    sessions[0]?.end(killed)
    await clock.advance(100)
    expect(log).toEqual(['open i-a', 'terminate i-a'])
    expect(run.notices).toEqual(['prod-db: The plugin was killed. Another session is up, by bastion i-a "bastion-a".'])
    expect(changes).toEqual(['replacing s-1', 'up s-2'])
    expect(keeper.health).toMatchObject({state: 'up', since: clock.now() - 50, session: {id: 's-2'}})
    const caller = network.call()
    expect(latest().accepted).toEqual([caller])
  })

  it('has programs wait meanwhile', async () => {
    await kept()
    fates = [error('AWS_UNREACHABLE')]
    sessions[0]?.end(killed)
    await settle()
    const caller = network.call()
    await clock.advance(4000)
    expect(latest().accepted).toEqual([caller])
  })

  it('is told once while it lasts, and again when another is up', async () => {
    await kept()
    fates = Array<DbtunnelError>(6).fill(error('AWS_THROTTLED', 'AWS keeps throttling.'))
    sessions[0]?.end(killed)
    await clock.advance(3 * MINUTE)
    expect(run.notices).toEqual([
      'prod-db: The plugin was killed. No other session yet: AWS keeps throttling. dbtunnel keeps trying.',
      expect.stringMatching(/^prod-db is up again( after \d+ s)?, by bastion i-a "bastion-a"\.$/),
    ])
    // AWS was not asked for more than it has told before.
    expect(log.filter((line) => line === 'discover')).toEqual([])
  })

  it('is tried for again at least every half minute, and no faster than it makes sense', async () => {
    await kept()
    fates = Array<DbtunnelError>(1000).fill(error('AWS_UNREACHABLE'))
    sessions[0]?.end(killed)
    await clock.advance(HOUR)
    const tries = log.filter((line) => line === 'open i-a').length
    expect(tries).toBeGreaterThanOrEqual(120)
    // By chance 240 or so.
    expect(tries).toBeLessThan(400)
  })

  it('is replaced on the next bastion, and after all of them on what AWS finds now', async () => {
    await kept()
    fresh = at('db', [{id: 'i-c', name: 'bastion-c'}])
    fates = [error('BASTION_NONE'), error('TIMEOUT')]
    sessions[0]?.end(killed)
    await clock.advance(100)
    expect(log).toEqual([
      'open i-a',
      'terminate i-a',
      'open i-b',
      'terminate i-b',
      'discover',
      'open i-c',
      'terminate i-a',
    ])
    sessions[1]?.end(killed)
    await clock.advance(100)
    expect(log.slice(-2)).toEqual(['open i-c', 'terminate i-c'])
  })

  it('because the database does not answer through it: another bastion comes first', async () => {
    const {keeper} = await kept()
    answers = [error('DATABASE_UNREACHABLE', 'Bastion i-a cannot reach it.')]
    keeper.look()
    await clock.advance(100)
    expect(log).toEqual(['probe', 'open i-b', 'terminate i-a'])
    expect(await sessions[0]?.closed).toEqual({})
    expect(run.notices).toEqual([
      expect.stringMatching(/^prod-db: Bastion i-a cannot reach it\. Another session is up/),
    ])
  })

  it.each<ErrorCode>(['ACCESS_DENIED', 'TLS_IDENTITY', 'PROTOCOL'])(
    'for good with %s, when AWS was asked again',
    async (code) => {
      const {over} = await kept()
      fates = Array<DbtunnelError>(4).fill(error(code))
      sessions[0]?.end(killed)
      await clock.advance(100)
      expect(await over).toMatchObject({
        code,
        message: `The tunnel is lost, and cannot come back: It is ${code}.`,
        hint: 'Do this.',
      })
      expect(log).toContain('discover')
    },
  )

  it('for good when the target is gone', async () => {
    const {over} = await kept()
    fates = Array<DbtunnelError>(2).fill(error('BASTION_NONE'))
    fresh = error('TARGET_UNKNOWN')
    sessions[0]?.end(killed)
    await clock.advance(100)
    expect(await over).toMatchObject({code: 'TARGET_UNKNOWN'})
  })

  it('for good when the endpoint is another one: clients have the old one', async () => {
    const {over} = await kept()
    fates = Array<DbtunnelError>(2).fill(error('BASTION_NONE'))
    fresh = at('db-2')
    sessions[0]?.end(killed)
    await clock.advance(100)
    expect(await over).toMatchObject({
      code: 'TUNNEL_LOST',
      message: 'prod-db is at db-2:5432 now, and no longer at db:5432.',
    })
  })
})

describe('a session through which nothing comes', () => {
  const silence = async (): Promise<never> => {
    await clock.sleep(5000, run.signal)
    throw error('TIMEOUT', 'No answer in time.')
  }
  /** The agent acknowledges nothing from now on. */
  const deafen = (): void => {
    const since = clock.now()
    if (sessions[0]) sessions[0].unheard = () => clock.now() - since
  }

  it.each([
    ['the agent acknowledges nothing', deafen],
    ['nobody knows what the agent acknowledges', () => {}],
  ])('is replaced within 2.5 s while %s: another was opened beside it', async (_, prepare) => {
    await kept()
    prepare()
    answers = [silence]
    network.call().ask()
    await clock.advance(1900)
    expect(log).toEqual(['probe'])
    await clock.advance(600)
    expect(log).toEqual(['probe', 'open i-b', 'terminate i-a'])
    expect(await sessions[0]?.closed).toEqual({})
    expect(run.notices).toEqual([
      'prod-db: Nothing arrives through bastion i-a "bastion-a" any more. Another session is up, by bastion i-b "bastion-b"; 1 connection cut.',
    ])
    expect(changes).toEqual(['up s-2'])
    const caller = network.call()
    expect(latest().accepted).toEqual([caller])
  })

  it('stays when it is heard from before the other is up, which is ended then; nothing is cut', async () => {
    await kept()
    const answer = new Wakeup()
    answers = [() => answer.next(run.signal)]
    opening = new Wakeup()
    const caller = network.call()
    caller.ask()
    await clock.advance(3000)
    expect(log).toEqual(['probe', 'open i-b'])
    answer.ring()
    await settle()
    opening.ring()
    await settle()
    expect(log).toEqual(['probe', 'open i-b', 'terminate i-b'])
    expect(caller.wasReset).toBe(false)
    expect(changes).toEqual([])
    expect(run.notices).toEqual([])
  })

  it('stays when others hear from the database, though the other is up', async () => {
    await kept()
    answers = [silence]
    opening = new Wakeup()
    const [asking, hearing] = [network.call(), network.call()]
    asking.ask()
    await clock.advance(3000)
    hearing.write('rows')
    opening.ring()
    await clock.advance(100)
    expect(log).toEqual(['probe', 'open i-b', 'terminate i-b'])
    await clock.advance(4000)
    expect(changes).toEqual([])
  })

  it('is given up after 5 s when there is no other', async () => {
    await kept()
    answers = [silence]
    fates = Array<DbtunnelError>(2).fill(error('TUNNEL_LOST'))
    network.call().ask()
    await clock.advance(3000)
    expect(log).toEqual(['probe', 'open i-b', 'terminate i-b', 'open i-a', 'terminate i-a'])
    expect(changes).toEqual([])
    await clock.advance(3500)
    expect(changes).toEqual(['replacing s-1', 'up s-2'])
  })

  it('is not lost while a program sends more than an agent takes whose database reads nothing', async () => {
    await kept()
    deafen()
    answers = [async () => clock.sleep(50_000, run.signal)]
    network.call().ask('x'.repeat(1024 * 1024 + 1))
    await clock.advance(50_000)
    expect(log).toEqual(['probe for 60 s'])
    expect(changes).toEqual([])
  })

  it('costs a slow query nothing for 5 s where the agent acknowledges all', async () => {
    await kept()
    if (sessions[0]) sessions[0].unheard = () => 0
    network.call().ask()
    await clock.advance(4900)
    expect(log).toEqual([])
    answers = [silence]
    await clock.advance(4000)
    expect(log).toEqual(['probe'])
  })
})

describe('a session that Session Manager has ended', () => {
  it('while nobody used it: asleep, and nothing is asked of AWS until someone does', async () => {
    await kept()
    sessions[0]?.end(byService)
    await clock.advance(24 * HOUR)
    expect(log).toEqual(['terminate i-a'])
    expect(run.notices).toEqual([
      'prod-db is asleep: Session Manager ended the session: idle. The next connection wakes it.',
    ])
    const caller = network.call()
    await clock.advance(100)
    expect(latest().accepted).toEqual([caller])
    expect(log).toEqual(['terminate i-a', 'open i-a'])
    expect(changes).toEqual(['asleep s-1', 'replacing s-1', 'up s-2'])
    expect(run.notices.slice(1)).toEqual(['prod-db is up again, by bastion i-a "bastion-a".'])
  })

  it('under a connection: replaced', async () => {
    await kept()
    const caller = network.call()
    caller.resetAndDestroy()
    sessions[0]?.end(byService)
    await clock.advance(1000)
    expect(changes).toEqual(['replacing s-1', 'up s-2'])
    expect(run.notices).toEqual([expect.stringMatching(/Another session is up, by .*; 1 connection cut\.$/)])
  })

  it('with --keep-alive: replaced', async () => {
    await kept({keepAlive: true})
    sessions[0]?.end(byService)
    await clock.advance(1000)
    expect(changes).toEqual(['replacing s-1', 'up s-2'])
  })

  it('and cannot be woken: the connection is closed cleanly after half a minute with a line, and it sleeps on', async () => {
    await kept()
    sessions[0]?.end(byService)
    await clock.advance(1000)
    fates = Array<DbtunnelError>(1000).fill(error('AWS_UNREACHABLE', 'Cannot reach AWS.'))
    const caller = network.call()
    await clock.advance(2 * MINUTE)
    expect(caller).toMatchObject({writableFinished: true, wasReset: false})
    expect(run.notices.slice(1)).toEqual([
      'prod-db: No other session yet: Cannot reach AWS. dbtunnel keeps trying.',
      '1 connection waited 30 s for a session of prod-db, got none, and was closed.',
    ])
    expect(changes.at(-1)).toBe('asleep s-1')
    const {length} = log
    await clock.advance(HOUR)
    expect(log).toHaveLength(length)
  })
})

it('says once a minute how many connections have waited without a session, however many those are', async () => {
  await kept()
  sessions[0]?.end(byService)
  await clock.advance(1000)
  fates = Array<DbtunnelError>(1000).fill(error('AWS_UNREACHABLE', 'Cannot reach AWS.'))
  for (let second = 0; second < 70; second++) {
    for (let times = 0; times < 20; times++) network.call()
    await clock.advance(1000)
  }
  await clock.advance(MINUTE)
  expect(run.notices.filter((line) => line.includes(' waited '))).toEqual([
    '1 connection waited 30 s for a session of prod-db, got none, and was closed.',
    expect.stringMatching(/^12\d\d connections waited 30 s for a session of prod-db, got none, and were closed\.$/),
  ])
})

describe('credentials that have expired', () => {
  const expired = fail('CREDENTIALS_EXPIRED', 'The AWS credentials (profile work) have expired.', {
    hint: 'Log in again: aws sso login --profile work',
  })

  it('have the local end reset all who come, name the command, and it goes on by itself', async () => {
    const {keeper} = await kept()
    fates = Array<DbtunnelError>(4).fill(expired)
    sessions[0]?.end(killed)
    await clock.advance(100)
    expect(network.call().wasReset).toBe(true)
    expect(keeper.health).toMatchObject({state: 'waiting-for-credentials', why: expired.message})
    expect(run.notices).toEqual([
      'prod-db: The plugin was killed. The AWS credentials (profile work) have expired. ' +
        'Connections are cut off at once until they are renewed; then it goes on by itself.\n' +
        '  Log in again: aws sso login --profile work',
    ])
    await clock.advance(2 * MINUTE)
    expect(network.isOpen()).toBe(true)
    expect(network.call()).toBe(latest().accepted[0])
    expect(changes).toEqual(['replacing s-1', 'waiting-for-credentials s-1', 'up s-2'])
    expect(run.notices.slice(1)).toEqual([expect.stringMatching(/^prod-db is up again/)])
  })

  it('are tried within a second of a login', async () => {
    await kept()
    fates = Array<DbtunnelError>(1000).fill(expired)
    sessions[0]?.end(killed)
    // By then it is tried every 15 s or so.
    await clock.advance(10 * MINUTE)
    fates = []
    login = 'after'
    await clock.advance(1000)
    expect(changes.at(-1)).toBe('up s-2')
  })

  it('of an idle tunnel do so, too, when someone wants to wake it', async () => {
    await kept()
    sessions[0]?.end(byService)
    await clock.advance(100)
    fates = [expired]
    const caller = network.call()
    await clock.advance(50)
    expect(caller.writableFinished).toBe(true)
    await clock.advance(MINUTE)
    expect(changes).toEqual(['asleep s-1', 'replacing s-1', 'waiting-for-credentials s-1', 'up s-2'])
  })

  it('in the environment end it: no others can come from there', async () => {
    const {over} = await kept({mayRenew: false})
    fates = [expired]
    sessions[0]?.end(killed)
    await clock.advance(100)
    expect(await over).toMatchObject({code: 'CREDENTIALS_EXPIRED', hint: expired.hint})
  })
})

it.each<[string, (keeper: Keeper) => void]>([
  ['up', () => {}],
  ['being asked for', () => void answers.push(() => {})],
  ['lost', () => sessions[0]?.end(killed)],
  [
    'waited for',
    () => {
      fates = Array<DbtunnelError>(100).fill(error('AWS_UNREACHABLE'))
      sessions[0]?.end(killed)
    },
  ],
  ['asleep', () => sessions[0]?.end(byService)],
])('leaves nothing running when it is stopped while the session is %s', async (_, prepare) => {
  const {keeper, over} = await kept()
  prepare(keeper)
  keeper.look()
  await clock.advance(60)
  const reason = error('INTERRUPTED')
  run.stop.abort(reason)
  expect(await over).toBe(reason)
  expect(await run.end()).toEqual([])
  await setImmediate()
  expect(clock.sleepers).toBe(0)
})
