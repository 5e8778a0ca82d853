import {describe, expect, it} from 'vitest'
import type {Settings} from '../../../../src/settings/settings.js'
import {readCacheEntry, type CacheEntry, writeCacheEntry} from '../../../../src/tunnel/discovery/cache-entry.js'
import {parseTarget} from '../../../../src/targets/parse-target.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const NOW = 1_700_000_000_000

const remembered: CacheEntry = {
  target: {
    name: 'prod-db',
    databaseKind: 'postgres',
    endpoint: {host: HOST, port: 5432},
    resourceId: 'db-ABC',
    region: 'eu-west-1',
    profile: 'work',
    vpcId: 'vpc-0a',
    zone: 'eu-west-1a',
    defaultDatabase: 'shop',
    securityGroupIds: ['sg-0a'],
  },
  bastions: [
    {id: 'i-0123456789abcdef0', name: 'bastion ü', zone: 'eu-west-1a', agentVersion: '3.3.2299.0'},
    {id: 'mi-0123456789abcdef0', name: undefined, zone: undefined, agentVersion: undefined},
  ],
  caller: {account: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/Dev/a@b.c', name: 'a@b.c'},
  sessionsOf: 'a@b.c',
  savedAt: NOW,
}
const bastion = {kind: 'tagged'}
const settings = {region: 'eu-west-1', profile: 'work', user: undefined, bastion} as Settings

const read = (
  text: string,
  {target = 'prod-db', user, now = NOW}: {target?: string; user?: string; now?: number} = {},
) => readCacheEntry(text, {name: parseTarget(target), settings: {...settings, user}}, now)
const written = writeCacheEntry(remembered)

describe('readCacheEntry', () => {
  it('gives what was written', () => {
    expect(read(written)).toEqual(remembered)
    expect(read(written, {now: NOW + 23 * 3_600_000})).toEqual(remembered)
  })

  it('takes name, region and profile from this run', () => {
    expect(read(written, {target: HOST}).target).toMatchObject({name: HOST, region: 'eu-west-1', profile: 'work'})
    expect(written).not.toContain('work')
  })

  it('needs a caller where the user is the caller’s name', () => {
    const {caller: _, ...anonymous} = remembered
    expect(read(writeCacheEntry(anonymous), {user: 'bob'}).caller).toBeUndefined()
    expect(() => read(writeCacheEntry(anonymous))).toThrow('who asked')
  })

  it('keeps no more bastions than can be tried', () => {
    const bastions = Array.from({length: 500}, () => ({id: 'i-0123456789abcdef0'}))
    expect(read(writeCacheEntry({...remembered, bastions})).bastions).toHaveLength(10)
  })

  it.each<[string, string, string]>([
    ['no JSON', written, '{"version":1,'],
    ['null', written, 'null'],
    ['a list', written, '[]'],
    ['a later version', '"version":1', '"version":2'],
    ['an age of a day', `"savedAt":${NOW}`, `"savedAt":${NOW - 24 * 3_600_000}`],
    ['a time to come', `"savedAt":${NOW}`, `"savedAt":${NOW + 1000}`],
    ['a time that is none', `"savedAt":${NOW}`, '"savedAt":"yesterday"'],
    ['an engine that is not there', '"postgres"', '"../x"'],
    ['a line in the host name', HOST, `${HOST}\\n6.6.6.6 evil`],
    ['an option for a host name', HOST, '-oProxyCommand=x'],
    ['an address for a host name', HOST, '127.0.0.1'],
    ['a port that is none', '"port":5432', '"port":70000'],
    ['a port with more behind it', '"port":5432', '"port":"5432 host=evil"'],
    ['a connection string for a database', '"shop"', '"host=evil sslmode=disable"'],
    ['a URL for a database', '"shop"', '"postgres://evil/"'],
    ['an option for a database', '"shop"', '"-fscript"'],
    ['a command for a security group', '"sg-0a"', '"sg-0a; rm -rf ~"'],
    ['an option for a bastion', 'i-0123456789abcdef0', '--help'],
    ['another document’s target for a bastion', 'i-0123456789abcdef0', 'ecs:x'],
    ['control codes in a bastion’s name', 'bastion ü', '\\u001b]0;owned\\u0007'],
    ['no bastion', /"bastions":\[.*?\]/.exec(written)?.[0] ?? '', '"bastions":[]'],
    ['a line in the caller’s name', '"name":"a@b.c"', '"name":"a@b\\nc"'],
    ['an option for a caller’s name', '"name":"a@b.c"', '"name":"-a"'],
    ['an account that is none', '"account":"123456789012"', '"account":"1234"'],
  ])('does not take %s', (_, from, to) => {
    const changed = written.replace(from, to)
    expect(changed).not.toBe(written)
    expect(() => read(changed)).toThrow()
  })

  it('does not take another endpoint for the one that was named', () => {
    expect(() => read(written.replace(HOST, HOST.replace('prod', 'evil')), {target: HOST})).toThrow('another endpoint')
  })
})
