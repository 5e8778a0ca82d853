import {describe, expect, it} from 'vitest'
import {type FlagValues, readSettings, type SettingsSources} from '../../../src/settings/read.js'

function read(flags: FlagValues, env: SettingsSources['env'] = {}, more: Partial<SettingsSources> = {}) {
  const sources = {
    env: {AWS_REGION: 'eu-west-1', ...env},
    cwd: '/srv',
    profileRegion: async () => undefined,
    profileAccount: async () => undefined,
    ...more,
  }
  return readSettings(flags, sources)
}

describe('readSettings', () => {
  it('has a default for everything but the region', async () => {
    expect(await read({})).toEqual({
      profile: undefined,
      region: 'eu-west-1',
      user: undefined,
      database: undefined,
      bastion: {kind: 'tagged'},
      localPort: 0,
      resolve: 'auto',
      carrier: 'auto',
      sslmode: 'verify-full',
      caBundle: undefined,
      reason: undefined,
      cache: true,
      timeoutMs: 60_000,
      keepAlive: false,
      allowOtherUsers: false,
      autoLogin: false,
      tcp: false,
      ownPort: true,
      production: false,
      readOnly: false,
      requireReason: false,
    })
  })

  it('is read-only when asked, and not when told to write', async () => {
    expect(await read({'read-only': true})).toMatchObject({readOnly: true})
    expect(await read({write: true})).toMatchObject({readOnly: false})
    await expect(read({'read-only': true, write: true})).rejects.toMatchObject({code: 'USAGE'})
  })

  it('has a guard rail lifted by no variable', async () => {
    expect(await read({'read-only': true}, {DBTUNNEL_WRITE: 'on', DBTUNNEL_READ_ONLY: 'off'})).toMatchObject({
      readOnly: true,
    })
    for (const on of ['on', 'True', '1', 'yes']) {
      expect(await read({}, {DBTUNNEL_READ_ONLY: on})).toMatchObject({readOnly: true})
    }
    expect(await read({write: true}, {DBTUNNEL_READ_ONLY: 'on'})).toMatchObject({readOnly: false})
    await expect(read({}, {DBTUNNEL_READ_ONLY: 'off'})).rejects.toMatchObject({code: 'VALUE_INVALID'})
  })

  it('lets other users in, and leaves the database’s own port free, when told to', async () => {
    expect(await read({'allow-other-users': true})).toMatchObject({allowOtherUsers: true, ownPort: true})
    expect(await read({'no-own-port': true})).toMatchObject({
      allowOtherUsers: false,
      autoLogin: false,
      tcp: false,
      ownPort: false,
    })
  })

  it('reads every flag', async () => {
    const flags = {
      profile: 'dev',
      region: 'us-gov-west-1',
      user: 'alice',
      database: 'app',
      bastion: 'tag:Team=db=core',
      'local-port': '15432',
      resolve: 'hostaddr',
      engine: 'native',
      sslmode: 'verify-ca',
      'ca-bundle': 'certs/extra.pem',
      reason: 'INC-42: slow queries',
      timeout: '1.5m',
    }
    expect(await read(flags)).toEqual({
      ...flags,
      bastion: {kind: 'tag', key: 'Team', value: 'db=core'},
      cache: true,
      localPort: 15432,
      caBundle: '/srv/certs/extra.pem',
      carrier: 'native',
      timeoutMs: 90_000,
      keepAlive: false,
      allowOtherUsers: false,
      autoLogin: false,
      tcp: false,
      ownPort: true,
      production: false,
      readOnly: false,
      requireReason: false,
      'local-port': undefined,
      'ca-bundle': undefined,
      engine: undefined,
      timeout: undefined,
    })
  })

  it('takes nothing from the connection of an exec around it, but what was set since', async () => {
    const told = {DBTUNNEL_USER: 'a@b', PGUSER: 'a@b', DBTUNNEL_DATABASE: 'shop', PGDATABASE: 'shop'}
    const env = {...told, DBTUNNEL_URL: 'postgresql://a%40b@host:5432/shop?sslmode=verify-full'}
    expect(await read({}, env)).toMatchObject({user: undefined, database: undefined})
    expect(await read({}, {...env, DBTUNNEL_USER: 'bob'})).toMatchObject({user: 'bob', database: undefined})
    expect(await read({}, told)).toMatchObject({user: 'a@b', database: 'shop'})
    expect(await read({}, {...told, DBTUNNEL_URL: 'postgresql://%ff@x/%'})).toMatchObject({user: 'a@b'})
  })

  it('takes a flag before DBTUNNEL_*, and that before PG* and AWS_*', async () => {
    const env = {
      DBTUNNEL_USER: 'second',
      PGUSER: 'third',
      DBTUNNEL_DATABASE: '',
      PGDATABASE: 'third',
      DBTUNNEL_LOCAL_PORT: '5433',
      DBTUNNEL_CA_BUNDLE: '/etc/ca.pem',
      DBTUNNEL_REGION: 'eu-north-1',
      DBTUNNEL_PROFILE: 'second',
      AWS_PROFILE: 'third',
    }
    expect(await read({user: 'first'}, env)).toMatchObject({
      user: 'first',
      database: 'third',
      localPort: 5433,
      caBundle: '/etc/ca.pem',
      region: 'eu-north-1',
      profile: 'second',
    })
    expect(await read({}, {...env, DBTUNNEL_PROFILE: ''})).toMatchObject({user: 'second', profile: 'third'})
  })

  it('takes no cache when told so', async () => {
    expect((await read({}, {DBTUNNEL_CACHE: 'off'})).cache).toBe(false)
    expect((await read({}, {DBTUNNEL_CACHE: 'on'})).cache).toBe(true)
    await expect(read({}, {DBTUNNEL_CACHE: '0'})).rejects.toThrow('DBTUNNEL_CACHE: "0" is not one of on, off.')
  })

  it('lets keys in the environment beat AWS_PROFILE, as the AWS CLI does, but not a profile asked for by name', async () => {
    const env = {AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_PROFILE: 'dev'}
    expect((await read({}, env)).profile).toBeUndefined()
    expect((await read({profile: 'dev'}, env)).profile).toBe('dev')
  })

  it.each([
    ['any', {kind: 'any'}],
    ['i-0123456789abcdef0', {kind: 'instance', id: 'i-0123456789abcdef0'}],
    ['mi-0123456789abcdef0', {kind: 'managed-node', id: 'mi-0123456789abcdef0'}],
    ['tag:Name=bastion-*', {kind: 'tag', key: 'Name', value: 'bastion-*'}],
  ])('reads the bastion rule %s', async (bastion, rule) => {
    expect((await read({bastion})).bastion).toEqual(rule)
  })

  it.each<[FlagValues, string]>([
    [{'local-port': '0'}, '--local-port'],
    [{'local-port': '65536'}, '--local-port'],
    [{'local-port': '5432x'}, '--local-port'],
    [{'local-port': ''}, '--local-port'],
    [{region: 'EU-WEST-1'}, '--region'],
    [{region: 'eu-west-1.evil.com'}, '--region'],
    [{timeout: '0'}, '--timeout'],
    [{timeout: '2h'}, '--timeout'],
    [{timeout: '-5s'}, '--timeout'],
    [{resolve: 'Hosts'}, '--resolve'],
    [{engine: 'nativ'}, '--engine'],
    [{sslmode: 'require'}, '--sslmode'],
    [{sslmode: 'none'}, '--sslmode'],
    [{bastion: 'tag:Name'}, '--bastion'],
    [{bastion: 'i-123'}, '--bastion'],
    [{bastion: '-i-01234567'}, '--bastion'],
    [{reason: ''}, '--reason'],
    [{reason: 'x'.repeat(235)}, '--reason'],
    [{reason: 'two\nlines'}, '--reason'],
    [{user: '-U'}, '--user'],
    [{user: ''}, '--user'],
    [{database: 'dbname=x sslmode=disable'}, '--database'],
    [{database: 'postgres://elsewhere/x'}, '--database'],
    [{profile: ''}, '--profile'],
    [{'ca-bundle': ''}, '--ca-bundle'],
  ])('refuses %j, naming the flag', async (flags, flag) => {
    await expect(read(flags)).rejects.toMatchObject({code: 'VALUE_INVALID', exitCode: 64})
    await expect(read(flags)).rejects.toThrow(flag)
  })

  it('names the variable that a bad value came from, and lets no control character through', async () => {
    await expect(read({}, {DBTUNNEL_LOCAL_PORT: 'x\u001b[2J'})).rejects.toThrow(
      'DBTUNNEL_LOCAL_PORT: "x\\u001b[2J" is not a port from 1 to 65535.',
    )
  })

  it('says why a lower sslmode is refused', async () => {
    await expect(read({sslmode: 'prefer'})).rejects.toMatchObject({
      hint: expect.stringContaining('verify-full') as string,
    })
  })
})

describe('the region', () => {
  const none = {AWS_REGION: ''}

  it('comes from AWS_REGION, AWS_DEFAULT_REGION, then the profile', async () => {
    expect((await read({}, {AWS_DEFAULT_REGION: 'us-east-1'})).region).toBe('eu-west-1')
    expect((await read({}, {...none, AWS_DEFAULT_REGION: 'us-east-1'})).region).toBe('us-east-1')
    const asked: (string | undefined)[] = []
    const profileRegion = async (profile: string | undefined) => {
      asked.push(profile)
      return 'ap-south-1'
    }
    expect((await read({profile: 'dev'}, none, {profileRegion})).region).toBe('ap-south-1')
    expect(asked).toEqual(['dev'])
  })

  it('is compulsory', async () => {
    await expect(read({profile: 'dev'}, none)).rejects.toMatchObject({
      code: 'REGION_MISSING',
      exitCode: 78,
      hint: expect.stringContaining('--profile dev') as string,
    })
  })

  it("is the target's own where its name holds one, and a flag may not contradict it", async () => {
    expect((await read({}, {}, {targetRegion: 'us-east-2'})).region).toBe('us-east-2')
    expect((await read({region: 'us-east-2'}, {}, {targetRegion: 'us-east-2'})).region).toBe('us-east-2')
    await expect(read({region: 'eu-west-1'}, {}, {targetRegion: 'us-east-2'})).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      exitCode: 64,
    })
  })
})
