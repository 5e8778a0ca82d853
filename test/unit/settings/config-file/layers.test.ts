import {describe, expect, it} from 'vitest'
import type {ConfigText} from '../../../../src/core/ports/config-files.js'
import {namedTargets} from '../../../../src/settings/config-file/match-targets.js'
import {loadConfig} from '../../../../src/flows/request/load-config.js'
import {readAccount, readRequest, type RequestSources} from '../../../../src/flows/request/read-request.js'

interface World {
  readonly team?: string
  readonly user?: string
  readonly env?: Readonly<Record<string, string>>
}

const HOST = 'shop.c9akciq32rgw.us-east-2.rds.amazonaws.com'

function world({team, user, env = {}}: World): {sources: RequestSources; notices: string[]} {
  const notices: string[] = []
  const files: ConfigText[] = [
    ...(user === undefined
      ? []
      : [{owner: 'user' as const, path: '/home/alice/.config/dbtunnel/config.yaml', text: user}]),
    ...(team === undefined ? [] : [{owner: 'team' as const, path: '/srv/shop/dbtunnel.yaml', text: team}]),
  ]
  const sources = {
    env: {AWS_REGION: 'eu-west-1', ...env},
    cwd: '/srv/shop',
    profileRegion: async () => undefined,
    profileAccount: async (profile: string | undefined) => (profile === 'sso' ? '123456789012' : undefined),
    aliasesOf: async () => [],
    configFiles: async () => files,
    say: {notice: (line: string) => void notices.push(line)},
  }
  return {sources, notices}
}

const read = (target: string, given: World, flags = {}) => readRequest({target, flags}, world(given).sources)

describe('who wins', () => {
  const user = 'targets: {prod-db: {user: own}}\ndefaults: {user: own-default, database: own-default}'
  const team = 'targets: {prod-db: {user: team, database: team}}\ndefaults: {user: team-default, region: us-east-1}'

  it('a flag, a variable, the user’s file, the team’s, PG*; of each file the target before the defaults', async () => {
    const env = {DBTUNNEL_USER: 'variable', PGUSER: 'pg', PGDATABASE: 'pg'}
    expect((await read('prod-db', {user, team, env}, {user: 'flag'})).settings.user).toBe('flag')
    expect((await read('prod-db', {user, team, env})).settings.user).toBe('variable')
    expect((await read('prod-db', {user, team, env: {PGUSER: 'pg'}})).settings).toMatchObject({
      user: 'own',
      database: 'team',
      region: 'us-east-1',
    })
    expect((await read('other-db', {user, team, env: {PGUSER: 'pg'}})).settings.user).toBe('own-default')
    expect((await read('other-db', {team: '', env: {PGUSER: 'pg'}})).settings.user).toBe('pg')
  })

  it('list and the like take the defaults, too', async () => {
    expect(await readAccount({}, world({user, team}).sources)).toMatchObject({region: 'us-east-1', user: 'own-default'})
  })

  it('every setting of the user’s own file arrives', async () => {
    const own = `
targets:
  prod-db:
    {profile: work, region: eu-north-1, user: bob, database: app, bastion: any, localPort: 15432, resolve: hostaddr,
     engine: native, sslmode: verify-ca, caBundle: ca.pem, reason: INC-1, timeout: 30, ttl: 2h, idle: 10m, keepAlive: true,
     allowOtherUsers: true, ownPort: false, production: true, readOnly: false, requireReason: true}`
    expect((await read('PROD-DB', {user: own, env: {AWS_PROFILE: 'other'}})).settings).toMatchObject({
      profile: 'work',
      region: 'eu-north-1',
      user: 'bob',
      database: 'app',
      bastion: {kind: 'any'},
      localPort: 0,
      openPort: 15432,
      resolve: 'hostaddr',
      carrier: 'native',
      sslmode: 'verify-ca',
      caBundle: '/home/alice/.config/dbtunnel/ca.pem',
      reason: 'INC-1',
      timeoutMs: 30_000,
      ttlMs: 7_200_000,
      idleMs: 600_000,
      keepAlive: true,
      allowOtherUsers: true,
      ownPort: false,
      production: true,
      readOnly: false,
      requireReason: true,
    })
  })
})

describe('a name', () => {
  it('stands for an identifier or a host with a port, and keeps its own word', async () => {
    const team = `targets: {shop: {identifier: 'orders:reader'}, raw: {host: ${HOST}, port: 5433}}`
    expect((await read('Shop', {team})).name).toEqual({kind: 'reader', text: 'shop', clusterId: 'orders'})
    const {name, settings} = await read('raw', {team})
    expect(name).toMatchObject({kind: 'endpoint', text: 'raw', host: HOST, port: 5433})
    expect(settings.region).toBe('us-east-2')
  })

  it('that the team’s file leads elsewhere is told each time, with the file; a plain or own one is not', async () => {
    const team = `targets:\n  prod-db:\n    host: ${HOST}\n  plain:\n    user: x\n  same:\n    identifier: SAME\n`
    const {sources, notices} = world({team})
    for (const target of ['prod-db', 'PROD-DB', 'plain', 'same']) await readRequest({target, flags: {}}, sources)
    expect(notices).toEqual(Array(2).fill(`prod-db is ${HOST}: /srv/shop/dbtunnel.yaml:3`))
    const own = world({user: 'targets: {prod-db: {identifier: shop}}', team})
    expect((await readRequest({target: 'prod-db', flags: {}}, own.sources)).name).toMatchObject({id: 'shop'})
    expect(own.notices).toEqual([])
  })

  it('that is mistyped is suggested', async () => {
    const team = 'targets: {shop_main: {identifier: shop}}'
    await expect(read('shop_mian', {team})).rejects.toMatchObject({
      code: 'TARGET_INVALID',
      hint: 'Did you mean shop_main?',
    })
    expect((await read('shop-mian', {team})).settings.configured).toEqual(['shop_main'])
  })
})

describe('guard rails', () => {
  const rails = async (target: string, given: World, flags = {}) => {
    const {production, readOnly, requireReason, ttlMs} = (await read(target, given, flags)).settings
    return {production, readOnly, requireReason, ttlMs}
  }
  const UP = {production: true, readOnly: true, requireReason: false, ttlMs: 8 * 3_600_000}
  const DOWN = {production: false, readOnly: false, requireReason: false, ttlMs: undefined}

  it('production is read-only and has a time to live, unless the file says otherwise, or a flag', async () => {
    const team = 'targets: {prod-db: {production: true}, other: {production: true, readOnly: false, ttl: 1h}}'
    expect(await rails('prod-db', {team})).toEqual(UP)
    expect((await rails('prod-db', {team}, {ttl: '12h'})).ttlMs).toBe(12 * 3_600_000)
    expect(await rails('other', {team})).toEqual({...UP, readOnly: false, ttlMs: 3_600_000})
  })

  it('a target may have less than the defaults of its own file', async () => {
    const user = 'defaults: {requireReason: true}\ntargets: {dev: {requireReason: false}}'
    expect(await rails('dev', {user})).toEqual(DOWN)
    expect(await rails('any', {user})).toEqual({...DOWN, requireReason: true})
  })

  it.each([
    ['user', 'team'],
    ['team', 'user'],
  ])('what the %s’s file has put up the %s’s cannot take down', async (one, other) => {
    const up = 'defaults: {requireReason: true}\ntargets: {prod-db: {production: true, ttl: 1h}}'
    const down =
      'defaults: {requireReason: false}\ntargets: {prod-db: {production: false, readOnly: false, requireReason: false, ttl: 2h}}'
    expect(await rails('prod-db', {[one]: up, [other]: down})).toEqual({...UP, requireReason: true, ttlMs: 3_600_000})
  })

  it('hold for every name of the same database', async () => {
    const team = 'targets: {shop: {identifier: orders, production: true}, twin: {identifier: orders, user: x}}'
    const host = 'orders.cluster-c9akciq32rgw.eu-west-1.rds.amazonaws.com'
    for (const target of ['shop', 'twin', 'orders', 'ORDERS', 'orders:reader', host]) {
      expect({target, ...(await rails(target, {team}))}).toEqual({target, ...UP})
    }
    expect(await rails('orders-2', {team})).toEqual(DOWN)
  })
})

describe('a bastion', () => {
  const user = 'bastions: [{profile: work, region: eu-west-1, bastion: any}, {profile: play, bastion: "tag:Own=x"}]'
  const team = `
bastions: [{account: '123456789012', bastion: 'tag:Account=x'}, {region: eu-west-1, bastion: 'tag:Team=x'}]
defaults: {bastion: 'tag:Default=x'}
targets: {named: {bastion: i-0123456789abcdef0}}`
  const rule = async (target: string, flags: Record<string, string>) =>
    (await read(target, {user, team}, flags)).settings.bastion

  it('is the flag’s, the target’s, the first that fits account, profile and region, or the default one', async () => {
    const tag = (key: string) => ({kind: 'tag', key, value: 'x'})
    expect(await rule('named', {bastion: 'any'})).toEqual({kind: 'any'})
    expect(await rule('named', {})).toMatchObject({kind: 'instance'})
    expect(await rule('other', {profile: 'work'})).toEqual({kind: 'any'})
    expect(await rule('other', {profile: 'play'})).toEqual(tag('Own'))
    expect(await rule('other', {profile: 'sso'})).toEqual(tag('Account'))
    expect(await rule('other', {})).toEqual(tag('Team'))
    expect(await rule('other', {region: 'us-east-1', profile: 'work'})).toEqual(tag('Default'))
  })
})

describe('groups and patterns', () => {
  const config = loadConfig(
    world({
      user: 'targets: {scratch: {}}\ngroups: {mine: [scratch, nosuch]}',
      team: 'targets: {prod-a: {}, prod-b: {}, staging: {}}\ngroups: {all: [staging, "prod-*", prod-a]}',
    }).sources.configFiles,
  )

  it('mean configured targets, each once', async () => {
    expect(namedTargets(await config, 'ALL')).toEqual(['staging', 'prod-a', 'prod-b'])
    expect(namedTargets(await config, 'prod-?')).toEqual(['prod-a', 'prod-b'])
    expect(namedTargets(await config, '*a*')).toEqual(['prod-a', 'scratch', 'staging'])
    expect(namedTargets(await config, 'Scratch')).toEqual(['scratch'])
  })

  it.each(['mine', 'prod-c', 'x*', '*-a-*', 'prod-'])('%s: what means none is told', async (word) => {
    const all = await config
    expect(() => namedTargets(all, word)).toThrow(expect.objectContaining({code: 'TARGET_UNKNOWN'}) as Error)
  })
})

const AT = {code: 'CONFIG_UNSAFE', exitCode: 78}

describe('what a stranger’s file may not', () => {
  it.each([
    ['profile', 'admin'],
    ['localPort', 5432],
    ['resolve', 'hosts'],
    ['engine', 'plugin'],
    ['sslmode', 'verify-ca'],
    ['caBundle', '/tmp/ca.pem'],
    ['reason', 'x'],
    ['timeout', '1s'],
    ['idle', '7d'],
    ['keepAlive', true],
    ['allowOtherUsers', true],
    ['ownPort', false],
  ])('%s is refused by name, in a target and in the defaults', async (key, value) => {
    const section = `{${key}: ${JSON.stringify(value)}}`
    await expect(read('prod-db', {team: `targets:\n  prod-db:\n    ${section}\n`})).rejects.toMatchObject({
      ...AT,
      message: expect.stringContaining(`/srv/shop/dbtunnel.yaml:3:6: targets.prod-db.${key}: `) as string,
    })
    await expect(read('prod-db', {team: `defaults: ${section}\n`})).rejects.toMatchObject(AT)
    await expect(read('prod-db', {user: `defaults: ${section}\n`})).resolves.toBeDefined()
  })

  it.each(['plugin', 'program', 'endpointUrl', 'env', 'credentialProcess'])('nobody sets %s', async (key) => {
    for (const owner of ['team', 'user']) {
      await expect(read('prod-db', {[owner]: `defaults: {${key}: x}`})).rejects.toThrow(`defaults.${key}`)
    }
  })
})

it.each([
  ['password: hunter2', 'password'],
  ['PGPASSWORD: hunter2', 'PGPASSWORD'],
  ['secretAccessKey: hunter2', 'secretAccessKey'],
  ['aws_session_token: hunter2', 'aws_session_token'],
  ['reason: AKIAIOSFODNN7EXAMPLE', 'reason'],
  ['reason: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'reason'],
  ['database: "postgres://alice:hunter2@db/shop"', 'database'],
  ['user: "alice password=hunter2"', 'user'],
])('a secret is refused, and never shown: %s', async (line, key) => {
  const refused = await read('prod-db', {user: `targets:\n  prod-db:\n    ${line}\n`}).catch((error: unknown) => error)
  expect(refused).toMatchObject(AT)
  expect(refused).toMatchObject({
    message: expect.stringContaining(`config.yaml:3:5: targets.prod-db.${key}: `) as string,
  })
  expect(JSON.stringify(refused) + String(refused)).not.toMatch(/hunter2|AKIA|wJal/)
})
