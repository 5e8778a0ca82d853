import {describe, expect, it} from 'vitest'
import {type ErrorCode, fail} from '../../../src/core/errors.js'
import type {Run} from '../../../src/core/run.js'
import type {Discovery} from '../../../src/tunnel/discovery/discover.js'
import type {DiscoveryCache} from '../../../src/tunnel/discovery/cache.js'
import {openWarmOrCold} from '../../../src/tunnel/cached-or-fresh.js'
import type {Link} from '../../../src/links/link.js'
import {recordedRun} from '../links/session/plugin/recorded-run.js'

const discovery = (name: string) =>
  ({target: {name, endpoint: {host: `${name}.db`, port: 5432}}, bastions: [{id: 'i-1'}]}) as unknown as Discovery
const [OLD, FRESH] = [discovery('old'), discovery('fresh')]

/** Opens as `outcomes` say, in turn; notes what happened in order. */
function scene(outcomes: readonly (Error | 'opened')[], {cached = OLD, sameCaller = true, fresh = FRESH} = {}) {
  const run = recordedRun()
  const log: string[] = []
  const discoveryCache: DiscoveryCache = {
    cached: {...cached, sessionsOf: 'alice', savedAt: 0},
    isOfSameCaller: () => sameCaller,
    keep: async () => {},
    forget: async () => void log.push('forget'),
  }
  const [...left] = outcomes
  const connector = {
    timeLeft: () => 1000,
    discover: async () => {
      log.push('discover')
      return fresh
    },
    async open({target}: Discovery, timeoutMs: number, within: Run) {
      log.push(`open ${target.name} ${timeoutMs}`)
      within.undo.push('port', 'local', () => void log.push(`close ${target.name}`))
      within.undo.push('session', 'network', () => void log.push(`terminate ${target.name}`))
      const outcome = left.shift()
      if (outcome instanceof Error) throw outcome
      return {discovery: discovery(target.name), session: {id: 'alice-0a', via: {bastion: {id: 'i-1'}}} as Link}
    },
  }
  const open = (which: Discovery | undefined = discoveryCache.cached) =>
    openWarmOrCold(which as Discovery, discoveryCache, connector, run)
  return {log, run, open}
}

const failure = (code: ErrorCode) => fail(code, 'It failed.')

describe('openWarmOrCold', () => {
  it('opens on what was cached, and leaves it at that', async () => {
    const {open, log} = scene(['opened'])
    expect((await open()).discovery.target.name).toBe('old')
    expect(log).toEqual(['open old 500'])
  })

  it.each<ErrorCode>([
    'ACCESS_DENIED',
    'AWS_FAILED',
    'BASTION_NONE',
    'DATABASE_UNREACHABLE',
    'PROTOCOL',
    'TIMEOUT',
    'TLS_IDENTITY',
    'TUNNEL_LOST',
  ])('after %s undoes all, forgets, asks and opens once more with all the time', async (code) => {
    const {open, log, run} = scene([failure(code), 'opened'])
    expect((await open()).discovery.target.name).toBe('fresh')
    expect(log.toSorted()).toEqual(
      ['open old 500', 'forget', 'close old', 'terminate old', 'discover', 'open fresh 1000'].toSorted(),
    )
    expect(log.indexOf('close old')).toBeLessThan(log.indexOf('open fresh 1000'))
    const notice = 'old is not what the cache says: It failed. AWS was asked again: fresh.db:5432, by bastion i-1.'
    expect(run.notices).toEqual([notice])
    expect(await run.end()).toEqual([])
    expect(log.filter((line) => line.endsWith('e old'))).toHaveLength(2)
    expect(log.slice(-2)).toEqual(['close fresh', 'terminate fresh'])
  })

  it('does so for a session that is another caller’s', async () => {
    const {open, log} = scene(['opened', 'opened'], {sameCaller: false})
    expect((await open()).discovery.target.name).toBe('fresh')
    expect(log).toContain('terminate old')
  })

  it.each<ErrorCode>(['TIMEOUT', 'DATABASE_UNREACHABLE'])(
    'does not try again after %s what AWS says is the same',
    async (code) => {
      const {open, log} = scene([failure(code), 'opened'], {fresh: OLD})
      await expect(open()).rejects.toMatchObject({code})
      expect(log.filter((line) => line.startsWith('open'))).toHaveLength(1)
      expect(log).toContain('forget')
    },
  )

  it('tells the second failure, and tries no third time', async () => {
    const {open, log, run} = scene([failure('BASTION_NONE'), failure('DATABASE_UNREACHABLE'), 'opened'])
    await expect(open()).rejects.toMatchObject({code: 'DATABASE_UNREACHABLE'})
    expect(run.notices).toEqual([])
    expect(log.filter((line) => line.startsWith('open'))).toHaveLength(2)
  })

  it.each<ErrorCode>(['CREDENTIALS_EXPIRED', 'AWS_THROTTLED', 'AWS_UNREACHABLE', 'PORT_IN_USE', 'PLUGIN_UNUSABLE'])(
    'tells %s at once, and forgets nothing: no answer of AWS would mend it',
    async (code) => {
      const {open, log} = scene([failure(code)])
      await expect(open()).rejects.toMatchObject({code})
      expect(log).toEqual(['open old 500'])
    },
  )

  it('tells any failure of a cold run at once', async () => {
    const {open, log} = scene([failure('BASTION_NONE')])
    await expect(open(FRESH)).rejects.toMatchObject({code: 'BASTION_NONE'})
    expect(log).toEqual(['open fresh 1000'])
  })

  it('does not begin again when the run was stopped meanwhile', async () => {
    const {open, log, run} = scene([failure('TIMEOUT')])
    run.stop.abort(failure('INTERRUPTED'))
    await expect(open()).rejects.toMatchObject({code: 'TIMEOUT'})
    expect(log).toEqual(['open old 500'])
  })
})
