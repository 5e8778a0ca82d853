import {describe, expect, it} from 'vitest'
import {fail} from '../../../src/core/errors.js'
import {parseTarget} from '../../../src/targets/parse-target.js'
import {resolveTarget} from '../../../src/targets/resolve-target.js'
import {recordedRun} from '../links/session/plugin/recorded-run.js'
import {type Account, cluster, customEndpoint, DOMAIN, instance, members, memoryRds} from './account.js'

const settings = {
  region: 'eu-west-1',
  isBastionNamed: false,
  user: undefined as string | undefined,
  profile: undefined as string | undefined,
}

function resolve(target: string, account: Account, more: Partial<typeof settings> = {}) {
  const rds = memoryRds(account)
  const run = recordedRun()
  return {rds, run, target: resolveTarget(parseTarget(target), {...settings, ...more}, rds, run)}
}

const shop: Account = {
  instances: [instance('prod-db'), instance('prod-db-old'), ...members('shop')],
  clusters: [cluster('shop')],
  endpoints: [customEndpoint('shop', 'reports', {staticMembers: ['shop-1', 'shop-3']})],
}

describe('what a name leads to', () => {
  it('is an instance', async () => {
    const {target, rds} = resolve('Prod-DB', shop)
    expect(await target).toEqual({
      name: 'Prod-DB',
      databaseKind: 'postgres',
      endpoint: {host: `prod-db.${DOMAIN}`, port: 5432},
      resourceId: 'db-PROD-DB',
      region: 'eu-west-1',
      vpcId: 'vpc-1',
      zone: 'eu-west-1a',
      defaultDatabase: 'app',
      securityGroupIds: ['sg-1'],
    })
    expect(rds.rounds).toBe(1)
  })

  it.each(['prod-db,evil.example', '/tmp', '-x.example', 'a\nb.example', 'host=evil.example', '127.0.0.1'])(
    'is never a host name that is none: %j',
    async (host) => {
      const evil = {instances: [instance('prod-db', {endpoint: {host, port: 5432}})]}
      await expect(resolve('prod-db', {...shop, ...evil}).target).rejects.toMatchObject({code: 'PROTOCOL'})
    },
  )

  it.each(['host=evil.example sslmode=disable', 'postgresql://evil.example/app', '-c', 'a\nb'])(
    'has no default database that a client would read as more than a name: %j',
    async (databaseName) => {
      const evil = {instances: [instance('prod-db', {databaseName})]}
      await expect(resolve('prod-db', {...shop, ...evil}).target).rejects.toMatchObject({code: 'PROTOCOL'})
    },
  )

  it("is a cluster's writer, with the place of its writer instance", async () => {
    const {target} = resolve('shop', shop)
    expect(await target).toMatchObject({
      endpoint: {host: `shop.cluster-${DOMAIN}`, port: 5432},
      resourceId: 'cluster-SHOP',
      zone: 'eu-west-1a',
      vpcId: 'vpc-1',
      defaultDatabase: 'shop',
    })
  })

  it('is a reader endpoint, with the place of a reader that serves', async () => {
    const [one, two, three] = members('shop')
    const instances = [one!, {...two!, status: 'creating', endpoint: undefined}, three!]
    const {target, rds} = resolve('shop:reader', {...shop, instances})
    expect(await target).toMatchObject({endpoint: {host: `shop.cluster-ro-${DOMAIN}`}, zone: 'eu-west-1c'})
    expect(rds.rounds).toBe(1)
  })

  it('is a member instance, which logs in under its cluster and its IAM setting', async () => {
    const {target, rds} = resolve('shop-2', shop)
    expect(await target).toMatchObject({
      endpoint: {host: `shop-2.${DOMAIN}`},
      resourceId: 'cluster-SHOP',
      defaultDatabase: 'shop',
      securityGroupIds: ['sg-2'],
    })
    expect(rds.rounds).toBe(1)
  })

  it("is, for a custom endpoint, a member's own endpoint, said aloud", async () => {
    const {target, run, rds} = resolve('shop:reports', shop)
    expect(await target).toMatchObject({endpoint: {host: `shop-3.${DOMAIN}`}, resourceId: 'cluster-SHOP'})
    expect(run.notices).toEqual([expect.stringContaining('shop-3')])
    expect(rds.rounds).toBe(1)
  })

  it.each([
    [{staticMembers: ['shop-1']}, 'shop-1'],
    [{excludedMembers: ['shop-2']}, 'shop-3'],
    [{customKind: 'READER' as const, staticMembers: ['shop-1', 'shop-2']}, 'shop-2'],
  ])('keeps to the members that a custom endpoint names: %j', async (more, host) => {
    const {target} = resolve('shop:reports', {...shop, endpoints: [customEndpoint('shop', 'reports', more)]})
    expect((await target).endpoint.host).toBe(`${host}.${DOMAIN}`)
  })

  it('is DBName where there is one, else the default of the engine', async () => {
    const {target} = resolve('plain', {instances: [instance('plain', {databaseName: undefined})]})
    expect((await target).defaultDatabase).toBe('postgres')
  })
})

describe('an endpoint host name', () => {
  it.each([
    [`prod-db.${DOMAIN}`, `prod-db.${DOMAIN}`],
    [`SHOP.cluster-${DOMAIN}`, `shop.cluster-${DOMAIN}`],
    [`shop.cluster-ro-${DOMAIN}`, `shop.cluster-ro-${DOMAIN}`],
    [`shop-2.${DOMAIN}:5432`, `shop-2.${DOMAIN}`],
    [`reports.cluster-custom-${DOMAIN}`, `shop-3.${DOMAIN}`],
  ])('%s is looked up by its identifier, in one round', async (name, host) => {
    const {target, rds} = resolve(name, shop)
    expect((await target).endpoint.host).toBe(host)
    expect(rds.rounds).toBe(1)
  })

  it.each([
    'prod-db.czzzzzzzzzzz.eu-west-1.rds.amazonaws.com',
    'shop.cluster-czzzzzzzzzzz.eu-west-1.rds.amazonaws.com',
    'shop.cluster-ro-czzzzzzzzzzz.eu-west-1.rds.amazonaws.com',
    'reports.cluster-custom-czzzzzzzzzzz.eu-west-1.rds.amazonaws.com',
  ])('of another account is unknown, whatever has its identifier here: %s', async (name) => {
    await expect(resolve(name, shop).target).rejects.toMatchObject({code: 'TARGET_UNKNOWN', exitCode: 68})
  })

  it('with another port than the database has is an error', async () => {
    await expect(resolve(`prod-db.${DOMAIN}:5433`, shop).target).rejects.toMatchObject({code: 'TARGET_INVALID'})
  })

  const named = {isBastionNamed: true, user: 'alice'}

  it('makes no call at all when port, user and bastion are given, too', async () => {
    const {target, rds} = resolve(`any-db.${DOMAIN}:6432`, {}, named)
    expect(await target).toEqual({
      name: `any-db.${DOMAIN}:6432`,
      databaseKind: 'postgres',
      endpoint: {host: `any-db.${DOMAIN}`, port: 6432},
      region: 'eu-west-1',
      defaultDatabase: 'postgres',
      securityGroupIds: [],
    })
    expect(rds.calls).toEqual([])
  })

  it.each([
    ['the port', `prod-db.${DOMAIN}`, named],
    ['the user', `prod-db.${DOMAIN}:5432`, {...named, user: undefined}],
    ['the bastion', `prod-db.${DOMAIN}:5432`, {...named, isBastionNamed: false}],
  ])('is looked up when %s is missing', async (_, name, input) => {
    const {target, rds} = resolve(name, shop, input)
    expect((await target).resourceId).toBe('db-PROD-DB')
    expect(rds.calls).not.toEqual([])
  })

  it('of a proxy is taken as it is', async () => {
    const {target, rds} = resolve(`pool.proxy-${DOMAIN}`, shop)
    expect(await target).toMatchObject({endpoint: {host: `pool.proxy-${DOMAIN}`, port: 5432}, region: 'eu-west-1'})
    expect(rds.calls).toEqual([])
  })
})

describe('what a policy does not allow', () => {
  const lists = ['instances', 'members', 'clusters']

  it.each([
    ['prod-db', ['clusters'], `prod-db.${DOMAIN}`],
    ['prod-db', ['clusters', 'cluster', 'members', 'instances'], `prod-db.${DOMAIN}`],
    [`prod-db.${DOMAIN}`, ['clusters', 'cluster'], `prod-db.${DOMAIN}`],
    ['shop-2', lists, `shop-2.${DOMAIN}`],
    ['shop', lists, `shop.cluster-${DOMAIN}`],
    ['shop', [...lists, 'instance shop'], `shop.cluster-${DOMAIN}`],
    ['shop:reader', lists, `shop.cluster-ro-${DOMAIN}`],
    ['shop:reports', lists, `shop-3.${DOMAIN}`],
  ])('%s is found without %j', async (name, denied, host) => {
    expect((await resolve(name, {...shop, denied}).target).endpoint.host).toBe(host)
  })

  it.each([
    ['shop-2', ['clusters', 'cluster'], 'cluster'],
    ['shop', ['clusters', 'cluster'], 'cluster'],
    ['shop', ['members', 'instance shop-1'], 'instance'],
    ['prod-db', ['instance'], 'instance'],
    ['nothing', ['instance'], 'instance'],
  ])('%s cannot be found without %j, and that is said', async (name, denied, action) => {
    await expect(resolve(name, {...shop, denied}).target).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining(`rds:${action}`) as string,
    })
  })
})

describe('an id of RDS’s own', () => {
  const ID = 'db-NBJZYNMGGU757NP2LHCGZVZS7T'
  const CLUSTER = 'cluster-NBJZYNMGGU757NP2LHCGZVZS7T'
  const instances = [instance('prod-db', {resourceId: ID}), ...members('shop')]
  const account = {instances, clusters: [cluster('shop', {resourceId: CLUSTER})]}

  it('leads to its instance or cluster, in one round', async () => {
    const {target, rds} = resolve(ID, account)
    expect((await target).endpoint.host).toBe(`prod-db.${DOMAIN}`)
    expect(rds.rounds).toBe(1)
    expect((await resolve(CLUSTER, account).target).endpoint.host).toBe(`shop.cluster-${DOMAIN}`)
  })

  it('may be what a database is called: Terraform makes such names', async () => {
    const name = 'db-20240131120000000000000001'
    const called = {instances: [...instances, instance(name)], clusters: account.clusters}
    expect((await resolve(name, called).target).endpoint.host).toBe(`${name}.${DOMAIN}`)
  })

  it('is unknown where nothing has it', async () => {
    await expect(resolve(ID, shop).target).rejects.toMatchObject({code: 'TARGET_UNKNOWN'})
    await expect(resolve(ID, {...shop, denied: ['instances']}).target).rejects.toMatchObject({code: 'ACCESS_DENIED'})
  })
})

describe('an ARN', () => {
  const arn = (kind: string, account = '123456789012') => `arn:aws:rds:eu-west-1:${account}:${kind}`
  const account = {
    instances: [
      instance('prod-db', {arn: arn('db:prod-db')}),
      instance('shop', {arn: arn('db:shop')}),
      ...members('shop'),
    ],
    clusters: [cluster('shop', {arn: arn('cluster:shop')})],
  }

  it.each([
    ['db:prod-db', `prod-db.${DOMAIN}`],
    ['db:shop', `shop.${DOMAIN}`],
    ['cluster:shop', `shop.cluster-${DOMAIN}`],
    ['db:shop-2', `shop-2.${DOMAIN}`],
  ])('of %s says whether it is an instance or a cluster', async (kind, host) => {
    const {target, rds} = resolve(arn(kind), account)
    expect((await target).endpoint.host).toBe(host)
    expect(rds.rounds).toBe(1)
  })

  it('of another account is told with both', async () => {
    await expect(resolve(arn('db:prod-db', '210987654321'), account).target).rejects.toMatchObject({
      code: 'TARGET_UNKNOWN',
      message: expect.stringMatching(/210987654321.*123456789012/) as string,
    })
  })
})

describe('an unknown name', () => {
  it.each([
    ['prd-db', 'Did you mean prod-db?'],
    ['shop:reprts', 'Did you mean shop:reader or shop:reports?'],
    ['shp:reader', 'Did you mean shop:reader?'],
    ['prod-db:reader', 'Did you mean prod-db?'],
    ['shop-2:reader', 'Did you mean shop-2 or shop:reader?'],
  ])('%s is told with the closest ones', async (name, hint) => {
    const {target} = resolve(name, shop)
    await expect(target).rejects.toMatchObject({
      code: 'TARGET_UNKNOWN',
      exitCode: 68,
      hint: expect.stringContaining(hint) as string,
    })
  })

  it('is told without them when they may not be listed', async () => {
    const rds = memoryRds({})
    rds.instances = async () => {
      throw fail('ACCESS_DENIED', 'no')
    }
    const target = resolveTarget(parseTarget('nothing'), settings, rds, recordedRun())
    await expect(target).rejects.toMatchObject({code: 'TARGET_UNKNOWN'})
  })
})

describe('a database that cannot be logged in to', () => {
  const one = (more: Parameters<typeof instance>[1]) => resolve('prod-db', {instances: [instance('prod-db', more)]})

  it.each([
    ['stopped', 'aws rds start-db-instance --db-instance-identifier prod-db --region eu-west-1'],
    ['starting', 'aws rds wait db-instance-available --db-instance-identifier prod-db --region eu-west-1'],
    ['creating', 'aws rds wait db-instance-available'],
    ['deleting', 'gone'],
    ['failed', 'aws rds describe-events --source-type db-instance --source-identifier prod-db'],
    ['inaccessible-encryption-credentials-recoverable', 'aws rds start-db-instance'],
  ])('because it is %s ends here, with what to type', async (status, hint) => {
    await expect(one({status}).target).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      exitCode: 69,
      message: expect.stringContaining(status) as string,
      hint: expect.stringContaining(hint) as string,
    })
  })

  it.each(['available', 'backing-up', 'modifying', 'storage-optimization', 'configuring-enhanced-monitoring'])(
    'is not one that is %s',
    async (status) => {
      const {target, run} = one({status})
      await target
      expect(run.notices).toEqual([])
    },
  )

  it.each(['rebooting', 'upgrading', 'storage-full', 'a-state-of-tomorrow'])(
    'may be one that is %s: it is tried, with a notice',
    async (status) => {
      const {target, run} = one({status})
      await target
      expect(run.notices).toEqual([expect.stringContaining(status)])
    },
  )

  it('is mended in the account that it was looked for in', async () => {
    const stopped = {instances: [instance('prod-db', {status: 'stopped'})]}
    const {target} = resolve('prod-db', stopped, {profile: "it's prod"})
    await expect(target).rejects.toMatchObject({hint: expect.stringMatching(/ --profile 'it'\\''s prod'$/) as string})
  })

  it('because it has no endpoint yet', async () => {
    await expect(one({endpoint: undefined}).target).rejects.toMatchObject({code: 'DATABASE_UNAVAILABLE'})
  })

  it('because IAM login is off, by its own setting or its cluster’s', async () => {
    await expect(one({iamLogin: false}).target).rejects.toMatchObject({
      code: 'IAM_LOGIN_OFF',
      exitCode: 69,
      hint: expect.stringContaining(
        'aws rds modify-db-instance --db-instance-identifier prod-db --enable-iam-database-authentication --apply-immediately',
      ) as string,
    })
    const off = {instances: members('shop'), clusters: [cluster('shop', {iamLogin: false})]}
    await expect(resolve('shop-2', off).target).rejects.toMatchObject({
      code: 'IAM_LOGIN_OFF',
      hint: expect.stringContaining('modify-db-cluster --db-cluster-identifier shop') as string,
    })
  })

  it('because its engine is another one, even when it is stopped, too', async () => {
    await expect(one({engine: 'oracle-ee', status: 'stopped'}).target).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
      message: expect.stringContaining('oracle-ee') as string,
    })
  })

  it('because its cluster is stopped, or has no instance', async () => {
    const stopped = {instances: members('shop'), clusters: [cluster('shop', {status: 'stopped'})]}
    for (const name of ['shop', 'shop:reader', 'shop-1']) {
      await expect(resolve(name, stopped).target).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        hint: expect.stringContaining('aws rds start-db-cluster --db-cluster-identifier shop') as string,
      })
    }
    const empty = {clusters: [cluster('shop', {members: []})]}
    await expect(resolve('shop', empty).target).rejects.toMatchObject({code: 'DATABASE_UNAVAILABLE'})
  })

  it('because no member serves a custom endpoint', async () => {
    const {target} = resolve('shop:reports', {
      ...shop,
      endpoints: [customEndpoint('shop', 'reports', {staticMembers: ['shop-1'], customKind: 'READER'})],
    })
    await expect(target).rejects.toMatchObject({code: 'DATABASE_UNAVAILABLE'})
  })
})
