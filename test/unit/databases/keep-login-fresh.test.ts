import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {fail} from '../../../src/core/errors.js'
import type {SigningApi} from '../../../src/core/ports/aws.js'
import type {Clock} from '../../../src/core/ports/clock.js'
import type {Run} from '../../../src/core/run.js'
import {Teardown} from '../../../src/core/teardown.js'
import type {LocalLogin} from '../../../src/databases/database-kind.js'
import {keepLoginFresh} from '../../../src/databases/keep-login-fresh.js'
import {postgres} from '../../../src/databases/postgres/kind.js'

const MINUTE = 60_000
const endpoint = {host: 'prod-db.abc.eu-west-1.rds.amazonaws.com', port: 5432}
const login: LocalLogin = {
  endpoint,
  localPort: 54321,
  region: 'eu-west-1',
  user: 'alice',
  database: 'shop',
  authoritiesFile: '/none',
}

/** A clock that stands still until it is set; sleepers wake when their time has come. */
class SteppedClock implements Clock {
  #now = Date.parse('2026-11-20T03:00:00Z')
  #sleepers: {at: number; wake: () => void}[] = []
  now = (): number => this.#now

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const onAbort = (): void => reject(signal?.reason as Error)
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#sleepers.push({at: this.#now + ms, wake})
      signal?.addEventListener('abort', onAbort)
    })
  }

  get sleeping(): number {
    return this.#sleepers.length
  }

  /** As time passes: each sleeper wakes at its own moment. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const next = this.#sleepers.filter(({at}) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#now = Math.max(this.#now, next.at)
      this.#sleepers = this.#sleepers.filter((one) => one !== next)
      next.wake()
      await settled()
    }
    this.#now = until
  }

  /** As a laptop sleeps: the time of day moves, timers do not. */
  jump(ms: number): void {
    this.#now += ms
    for (const sleeper of this.#sleepers) sleeper.at += ms
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

let clock: SteppedClock
let signed: {host: string; port: number; region: string; user: string; at: number}[]
let written: {path: string; content: string}[]
let notices: string[]
let refusal: Error | undefined
let run: Run & {readonly undo: Teardown}

const signing: SigningApi = {
  async databaseToken(request) {
    if (refusal) throw refusal
    signed.push({...request, at: clock.now()})
    return `${request.host}:${request.port}/?Action=connect&n=${signed.length}`
  },
  upgradeHeaders: async () => ({}),
}
const files = {
  async write(folder: string, name: string, content: string) {
    written.push({path: `${folder}/${name}`, content})
    return `${folder}/${name}`
  },
}

const keep = (changes: Partial<LocalLogin> = {}) =>
  keepLoginFresh(postgres, {...login, ...changes}, '/run/x', {signing, files, clock}, run)

beforeEach(() => {
  clock = new SteppedClock()
  signed = []
  written = []
  notices = []
  refusal = undefined
  run = {
    signal: new AbortController().signal,
    undo: new Teardown(),
    say: {notice: (line) => void notices.push(line), debug: () => {}},
    divert: () => () => {},
  }
})

afterEach(async () => {
  expect(await run.undo.unwind({budgetMs: 1000})).toEqual([])
})

describe('the line', () => {
  it('signs for the endpoint, is keyed by the local port, and fits any database', async () => {
    const {passfile: path} = (await keep()).files
    expect(signed).toMatchObject([{host: endpoint.host, port: 5432, region: 'eu-west-1', user: 'alice'}])
    const line = String.raw`${endpoint.host}:54321:*:alice:${endpoint.host}\:5432/?Action=connect&n=1`
    expect(written).toEqual([{path, content: expect.stringMatching(/\n$/)}])
    expect(written[0]?.content.split('\n')).toContain(line)
  })

  it('escapes what would end a field or match another user', async () => {
    await keep({user: String.raw`DOMAIN\a:*`})
    expect(written[0]?.content).toContain(String.raw`:54321:*:DOMAIN\\a\:\*:`)
  })

  it('is refused for a user that would write a second line', async () => {
    await expect(keep({user: 'alice\nhost:1:*:*:x'})).rejects.toMatchObject({code: 'VALUE_INVALID'})
    expect(written).toEqual([])
  })
})

describe('renewal', () => {
  it('comes when the token is ten minutes old, and again', async () => {
    await keep()
    await clock.pass(9.5 * MINUTE)
    expect(written).toHaveLength(1)
    await clock.pass(MINUTE)
    expect(written).toHaveLength(2)
    await clock.pass(10 * MINUTE)
    expect(written).toHaveLength(3)
    expect(written.at(-1)?.content).toContain('n=3')
  })

  it('goes by the clock: half a minute after a sleep the token is fresh, however long the sleep was', async () => {
    await keep()
    await clock.pass(MINUTE)
    clock.jump(8 * 60 * MINUTE)
    await clock.pass(0.5 * MINUTE)
    expect(written).toHaveLength(2)
  })

  it('comes when the clock was set back, too', async () => {
    await keep()
    clock.jump(-60 * MINUTE)
    await clock.pass(0.5 * MINUTE)
    expect(written).toHaveLength(2)
  })

  it('comes at once on refresh, and anew when asked for during a renewal, which may be older than a stop', async () => {
    const passfile = await keep()
    const under = passfile.refresh()
    clock.jump(60 * MINUTE)
    await Promise.all([under, passfile.refresh()])
    expect(signed.at(-1)?.at).toBe(clock.now())
    expect(written.at(-1)?.content).toContain(`n=${signed.length}`)
  })

  it('that fails is said once, tried again, and said again only after it had worked', async () => {
    const passfile = await keep()
    refusal = fail('CREDENTIALS_EXPIRED', 'The credentials have expired.')
    await clock.pass(12 * MINUTE)
    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain('The credentials have expired. Trying again every 30 s.')
    await passfile.refresh()
    expect(notices).toHaveLength(1)

    refusal = undefined
    await clock.pass(0.5 * MINUTE)
    expect(written).toHaveLength(2)
    refusal = new Error('disk')
    await clock.pass(11 * MINUTE)
    expect(notices).toHaveLength(2)
  })
})

it('a first token that cannot be made ends the run', async () => {
  refusal = fail('CREDENTIALS_MISSING', 'None.')
  await expect(keep()).rejects.toBe(refusal)
})

it('after undoing, nothing is written any more and no timer runs', async () => {
  let release!: () => void
  const passfile = await keep()
  const held: SigningApi = {
    ...signing,
    databaseToken: async (request) => {
      await new Promise<void>((resolve) => (release = resolve))
      return signing.databaseToken(request)
    },
  }
  const second = keepLoginFresh(postgres, login, '/run/y', {signing: held, files, clock}, run)
  const ended = expect(second).rejects.toThrow()
  await settled()
  await run.undo.unwind({budgetMs: 1000})
  release()
  await ended
  await passfile.refresh()
  await clock.pass(60 * MINUTE)
  expect(written).toHaveLength(1)
  expect(notices).toEqual([])
  expect(clock.sleeping).toBe(0)
})

it('a signer that returns something else than a token for this database is a bug, not a password', async () => {
  for (const token of ['', 'localhost:54321/?Action=connect', `${endpoint.host}:5432/?a\nb`]) {
    const odd: SigningApi = {...signing, databaseToken: async () => token}
    await expect(keepLoginFresh(postgres, login, '/run/x', {signing: odd, files, clock}, run)).rejects.toThrow(
      'no valid IAM token',
    )
  }
  expect(written).toEqual([])
})
