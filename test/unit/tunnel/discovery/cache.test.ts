import {beforeEach, describe, expect, it} from 'vitest'
import type {Settings} from '../../../../src/settings/settings.js'
import type {CachePort} from '../../../../src/core/ports/cache.js'
import type {Discovery} from '../../../../src/tunnel/discovery/discover.js'
import {openDiscoveryCache} from '../../../../src/tunnel/discovery/cache.js'
import {parseTarget} from '../../../../src/targets/parse-target.js'
import type {Link} from '../../../../src/links/link.js'

const NOW = 1_700_000_000_000
const settings = {region: 'eu-west-1', bastion: {kind: 'tagged'}, cache: true} as Settings
const discovery: Discovery = {
  target: {
    name: 'prod-db',
    databaseKind: 'postgres',
    endpoint: {host: 'prod-db.abc.eu-west-1.rds.amazonaws.com', port: 5432},
    region: 'eu-west-1',
    defaultDatabase: 'shop',
    securityGroupIds: [],
  },
  bastions: [{id: 'i-0123456789abcdef0'}],
  caller: {account: '123456789012', arn: 'arn:aws:iam::123456789012:user/alice-b', name: 'alice-b'},
}
const session = (id: string): Link => ({id}) as Link

let kept: Map<string, string>
let said: string[]
beforeEach(() => {
  kept = new Map()
  said = []
})

interface Wish {
  readonly target?: string
  /** Null when nobody can say. */
  readonly scope?: string | null
  readonly change?: Partial<Settings>
  readonly now?: number
}

function open({target = 'prod-db', scope = 'alice', change = {}, now = NOW}: Wish = {}) {
  const cache: CachePort = {
    read: async (key) => kept.get(key),
    write: async (key, text) => void kept.set(key, text),
    remove: async (key) => void kept.delete(key),
  }
  const say = {notice: () => {}, debug: (line: string) => void said.push(line)}
  const ports = {aws: {scope: async () => scope ?? undefined}, cache, clock: {now: () => now}}
  return openDiscoveryCache({name: parseTarget(target), settings: {...settings, ...change}}, ports, say)
}

const keep = async (wish: Wish = {}): Promise<void> => (await open(wish)).keep(discovery, session('alice-b-0a1b2c'))

describe('openDiscoveryCache', () => {
  it('recalls what was kept, until it is forgotten', async () => {
    await keep()
    const discoveryCache = await open()
    expect(discoveryCache.cached).toMatchObject({...discovery, savedAt: NOW})
    await discoveryCache.forget()
    expect((await open()).cached).toBeUndefined()
    expect(said.at(-1)).toBe('cache: nothing is known of prod-db')
  })

  it.each<[string, Wish]>([
    ['someone else', {scope: 'bob'}],
    ['another target', {target: 'prod-db2'}],
    ['another region', {change: {region: 'us-east-1'}}],
    ['another bastion rule', {change: {bastion: {kind: 'any'}}}],
    ['a day later', {now: NOW + 24 * 3_600_000}],
    ['before it was kept', {now: NOW - 1}],
    ['when told not to', {change: {cache: false}}],
    ['when nobody can say who asks', {scope: null}],
  ])('recalls nothing for %s', async (_, wish) => {
    await keep()
    expect((await open(wish)).cached).toBeUndefined()
    expect(said.length).toBeGreaterThan(0)
  })

  it.each<[string, Wish]>([
    ['when told not to', {change: {cache: false}}],
    ['when nobody can say who asks', {scope: null}],
    ['of a custom endpoint', {target: 'orders:reports'}],
    ['of a custom endpoint by its host name', {target: 'r.cluster-custom-c9abcdefghij.eu-west-1.rds.amazonaws.com'}],
  ])('keeps nothing %s', async (_, wish) => {
    await keep(wish)
    expect(kept.size).toBe(0)
  })

  it('knows by its name whose session it is, unless the user was named', async () => {
    await keep()
    const discoveryCache = await open()
    expect(discoveryCache.isOfSameCaller(session('alice-b-99ff'))).toBe(true)
    expect(discoveryCache.isOfSameCaller(session('alice-99ff'))).toBe(false)
    expect(discoveryCache.isOfSameCaller(session('carol@example.com-99ff'))).toBe(false)
    expect((await open({change: {user: 'report'}})).isOfSameCaller(session('carol-99ff'))).toBe(true)
  })
})
