import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {
  defaultAccount,
  otherAccount,
  ACCOUNT_ID,
  OTHER_ACCOUNT_ID,
  REGION,
  engineerPolicy,
  roleSession,
} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {startDnsServer} from '../support/dns-server.js'
import {type Ended, run} from '../support/dbtunnel.js'
import {type Watch, watchFor} from '../support/leftovers.js'

// Everything that names a database, beside its identifier: what people paste from the console, a URL or a colleague.
const GLOBAL = 'world.global-c9akciq32rgw.global.rds.amazonaws.com'
const WHERE = "select current_setting('sandbox.server_name'), current_database()"

let sandbox: Sandbox
let watch: Watch
let dns: Awaited<ReturnType<typeof startDnsServer>>

/** Who may see what is named, and no list of it. */
const NAMED_ONLY = {
  Version: '2012-10-17',
  Statement: [
    ...engineerPolicy(ACCOUNT_ID, ['rds:DescribeDBInstances', 'rds:DescribeDBClusters']).Statement,
    {
      Effect: 'Allow',
      Action: 'rds:DescribeDBInstances',
      Resource: [`arn:aws:rds:${REGION}:${ACCOUNT_ID}:db:prod-db`, `arn:aws:rds:${REGION}:${ACCOUNT_ID}:db:orders*`],
    },
    {
      Effect: 'Allow',
      Action: 'rds:DescribeDBClusters',
      Resource: [`arn:aws:rds:${REGION}:${ACCOUNT_ID}:cluster:orders`],
    },
  ],
} as const

beforeAll(async () => {
  const account = defaultAccount()
  account.identities.push(
    roleSession('instance-only', 'InstanceOnly', [
      engineerPolicy(ACCOUNT_ID, ['rds:DescribeDBClusters', 'rds:DescribeDBInstances']),
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'rds:DescribeDBInstances',
            Resource: [
              `arn:aws:rds:${REGION}:${ACCOUNT_ID}:db:prod-db`,
              `arn:aws:rds:${REGION}:${ACCOUNT_ID}:db:orders-1`,
            ],
          },
        ],
      },
    ]),
    roleSession('named-only', 'NamedOnly', [NAMED_ONLY]),
  )
  sandbox = await startSandbox({accounts: [account, otherAccount()]})
  watch = watchFor(sandbox, {})
  dns = await startDnsServer({
    'db.corp.internal': 'prod-db.shop.internal',
    'prod-db.shop.internal': 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'web.corp.internal': 'www.example.com',
  })
})
afterAll(async () => {
  await watch.expectNothingLeft()
  await sandbox.close()
  await dns.close()
})

function dbtunnel(words: readonly string[], env: Record<string, string> = {}, identity = 'alice'): Promise<Ended> {
  return run(words, {env: {...sandbox.env(identity), DBTUNNEL_RESOLVE: 'hostaddr', ...env}})
}
const psql = (target: string, env: Record<string, string> = {}, identity = 'alice', more: readonly string[] = []) =>
  dbtunnel(['psql', target, ...more, '-Atc', WHERE], env, identity)

describe.concurrent('the writer endpoint of a global database', () => {
  it.each([
    ['where its writer is', REGION, ''],
    ['where its second cluster is', 'us-east-2', `The writer of world is in ${REGION}.\n`],
  ])('asked for %s: the token is for the writer’s region', async (_, region, notice) => {
    const {status, stdout, stderr} = await psql(GLOBAL, {AWS_REGION: region})
    expect({status, stdout}).toEqual({status: 0, stdout: `${GLOBAL}|orders\n`})
    expect(stderr).toContain(notice)
  })

  it('token signs for that name, in that region', async () => {
    const {status, stdout} = await dbtunnel(['token', GLOBAL], {AWS_REGION: 'us-east-2'})
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${GLOBAL}:5432/\\?.*%2F${REGION}%2Frds-db`))
  })

  it('exec for several, and doctor, take it, too', async () => {
    const several = await dbtunnel(['exec', '--target', GLOBAL, '--target', 'prod-db', '--', 'psql', '-Atc', WHERE])
    expect(several.stdout).toContain(`${GLOBAL}|orders`)
    const checked = await dbtunnel(['doctor', GLOBAL], {AWS_REGION: 'us-east-2'})
    expect(checked.stdout).toContain(`${REGION}: that is where world writes`)
    expect(checked.stdout).not.toMatch(/^FAIL/m)
  })

  it('without rds:DescribeGlobalClusters: found in the writer’s own region, else asked for', async () => {
    const identity = 'without-rds:DescribeGlobalClusters'
    expect(await psql(GLOBAL, {}, identity)).toMatchObject({status: 0, stdout: `${GLOBAL}|orders\n`})
    const elsewhere = await psql(GLOBAL, {AWS_REGION: 'us-east-2'}, identity)
    expect(elsewhere).toMatchObject({status: 77, stdout: ''})
    expect(elsewhere.stderr).toContain('[ACCESS_DENIED]')
    expect(elsewhere.stderr).toContain('--region REGION')
    expect(elsewhere.stderr).toContain('"Action":"rds:DescribeGlobalClusters"')
    const typed = await psql(GLOBAL, {AWS_REGION: 'us-east-2'}, identity, ['--region', REGION])
    expect(typed).toMatchObject({status: 0, stdout: `${GLOBAL}|orders\n`})
  })

  it('in a region that it is not in, or of another account: asks for the region', async () => {
    const nowhere = await psql(GLOBAL, {AWS_REGION: 'ap-northeast-1'})
    expect(nowhere).toMatchObject({status: 68, stdout: ''})
    expect(nowhere.stderr).toContain('--region REGION')
    const others = await psql(GLOBAL.replace('c9akciq32rgw', 'dx7p2kq0aa1z'))
    expect(others.status).toBe(68)
  })
})

describe.concurrent('partitions', () => {
  const EUROPE = 'prod-db.c9akciq32rgw.eusc-de-east-1.rds.amazonaws.eu'

  it('an endpoint of the European Sovereign Cloud is one, and its certificates are asked for without a wrong address', async () => {
    const ended = await psql(`${EUROPE}:5432`, {}, 'alice', ['-U', 'alice', '--bastion', 'i-0123456789abcdef0'])
    // With authorities that are given it goes on to its bastion.
    expect(ended.stderr).not.toContain('[TARGET_INVALID]')
    const {status, stderr} = await psql(`${EUROPE}:5432`, {DBTUNNEL_CA_BUNDLE: ''}, 'alice', [
      ...['-U', 'alice', '--bastion', 'i-0123456789abcdef0'],
    ])
    expect(status).toBe(78)
    expect(stderr).toContain('[CA_MISSING]')
    expect(stderr).not.toContain('amazonaws.com')
  })
})

describe.concurrent('an ARN, or RDS’s own id', () => {
  const arn = (kind: string, region = REGION, account = ACCOUNT_ID) => `arn:aws:rds:${region}:${account}:${kind}`

  it.each([
    ['an instance', () => arn('db:prod-db'), /^prod-db\.c9\S+\|shop$/m],
    ['an instance, in capitals', () => arn('db:Prod-DB'), /^prod-db\.c9\S+\|shop$/m],
    ['a cluster', () => arn('cluster:orders'), /^orders\.cluster-c9\S+\|orders$/m],
    ['a member of a cluster', () => arn('db:orders-2'), /^orders-2\.c9\S+\|orders$/m],
    ['an instance', () => resource('prod-db'), /^prod-db\.c9\S+\|shop$/m],
    ['a cluster', () => resource('orders'), /^orders\.cluster-c9\S+\|orders$/m],
    ['an instance, in small letters', () => resource('prod-db').toLowerCase(), /^prod-db\.c9\S+\|shop$/m],
  ])('of %s', async (_, target, answer) => {
    // The region is that of the ARN.
    const env = target().startsWith('arn:') ? {AWS_REGION: 'us-east-2'} : {}
    const {status, stdout} = await psql(target(), env)
    expect(status).toBe(0)
    expect(stdout).toMatch(answer)
  })

  it('of another account: says which differ', async () => {
    const {status, stderr} = await psql(arn('db:prod-db', REGION, OTHER_ACCOUNT_ID))
    expect(status).toBe(68)
    expect(stderr).toContain(`is in account ${OTHER_ACCOUNT_ID}, and these credentials are of account ${ACCOUNT_ID}.`)
    expect(stderr).toContain('--profile')
  })

  it('of another region than --region: says which differ', async () => {
    const {status, stderr} = await psql(arn('db:prod-db'), {}, 'alice', ['--region', 'us-east-2'])
    expect(status).toBe(64)
    expect(stderr).toContain(REGION)
    expect(stderr).toContain('us-east-2')
  })

  it.each(['arn:aws:rds:eu-west-1:412093857610:snapshot:prod-db', 'arn:aws-cn:rds:eu-west-1:412093857610:db:prod-db'])(
    'of something else is refused: %s',
    async (target) => {
      const {status, stderr} = await psql(target)
      expect(status).toBe(64)
      expect(stderr).toContain('[TARGET_INVALID]')
    },
  )

  function resource(id: string): string {
    const {databases, clusters} = sandbox.account
    return [...databases, ...clusters].find((one) => one.id === id)?.resourceId ?? ''
  }
})

describe.concurrent('a policy that names databases and allows no list of them', () => {
  it('DescribeDBInstances on db:prod-db alone is enough for prod-db', async () => {
    for (const target of ['prod-db', 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com']) {
      const {status, stdout} = await psql(target, {}, 'instance-only')
      expect(status).toBe(0)
      expect(stdout).toMatch(/^prod-db\.c9/)
    }
  })

  it('a cluster’s member needs its cluster: names the action', async () => {
    const {status, stderr} = await psql('orders-1', {}, 'instance-only')
    expect(status).toBe(77)
    expect(stderr).toContain('rds:DescribeDBClusters')
  })

  it.each([
    ['orders', /^orders\.cluster-c9/],
    ['orders:reader', /^orders\.cluster-ro-c9/],
    ['orders-2', /^orders-2\.c9/],
    ['orders:analytics', /^orders-3\.c9/],
    ['prod-db', /^prod-db\.c9/],
  ])('%s is found by name', async (target, answer) => {
    const {status, stdout, stderr} = await psql(target, {}, 'named-only')
    expect({status, stderr: status === 0 ? '' : stderr}).toEqual({status: 0, stderr: ''})
    expect(stdout).toMatch(answer)
  })
})

describe.concurrent('a CNAME of an endpoint', () => {
  const preload = new URL('../support/dns-servers.mjs', import.meta.url).href
  const env = () => ({NODE_OPTIONS: `--import ${preload}`, DNS_SERVER: dns.address})

  it('is refused, and the endpoint that it leads to is named', async () => {
    const {status, stderr} = await psql('db.corp.internal', env())
    expect(status).toBe(64)
    expect(stderr).toContain('[TARGET_INVALID]')
    expect(stderr).toContain('Use the endpoint instead: prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com')
  })

  it.each(['web.corp.internal', 'nothing.corp.internal'])('%s leads to none', async (target) => {
    const {status, stderr} = await psql(target, env())
    expect(status).toBe(64)
    expect(stderr).toContain('is not the name of an RDS endpoint')
  })
})
