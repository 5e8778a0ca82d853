import {createHash} from 'node:crypto'
import {chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {OPENED} from '../../src/tunnel/discovery/name-history.js'
import {defaultAccount, MACHINE, otherAccount} from '../sandbox/account.js'
import {type Account, type Database, type Instance, type ManagedNode, sequentialRoundTrips} from '../sandbox/aws.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, ROOT, run} from '../support/dbtunnel.js'
import {type Watch, watchFor} from '../support/leftovers.js'
import {PLUGIN} from '../support/plugin.js'

const endpoint = (id: string): string => `${id}.c9akciq32rgw.eu-west-1.rds.amazonaws.com`
const OTHER_HOST = 'prod-db.dx7p2kq0aa1z.eu-west-1.rds.amazonaws.com'
const WHERE = "select current_user, current_setting('sandbox.server_name')"
const WARM = ['ssm:StartSession']

let sandbox: Sandbox
let account: Account
let watch: Watch

beforeAll(async () => {
  account = defaultAccount()
  // Served from the start, to take the place of another one.
  account.databases.push({...database('tenant-24'), id: 'new-tenant', host: endpoint('new-tenant'), port: 5433})
  sandbox = await startSandbox({accounts: [account, otherAccount()], dialTimeoutMs: 300})
  watch = watchFor(sandbox, {})
})
afterAll(async () => {
  await watch.expectNothingLeft()
  await sandbox.close()
})

function database(id: string): Database {
  const found = account.databases.find((one) => one.id === id)
  if (!found) throw new Error(`there is no ${id}`)
  return found
}

interface Run extends Ended {
  /** What AWS was asked for, in order, but for the session's end. */
  readonly asked: readonly string[]
}

/** Somebody at home, with a database of their own: what a test changes in it disturbs no other. */
class Desk {
  readonly target: string
  readonly env: Record<string, string>

  constructor(target = 'prod-db') {
    this.target = target
    // By the name of the application, requests can be told apart.
    const AWS_SDK_UA_APP_ID = `desk-${desks++}`
    this.env = {...sandbox.env(), AWS_SDK_UA_APP_ID, DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_ENGINE: 'native'}
  }

  async psql(words: readonly string[] = [], change: Readonly<Record<string, string>> = {}): Promise<Run> {
    const from = this.requests().length
    const argv = ['psql', this.target, '--debug', ...words, '-Atc', WHERE]
    const ended = await run(argv, {env: {...this.env, ...change}})
    const asked = this.requests().map(({action}) => action)
    return {...ended, asked: asked.slice(from).filter((action) => action !== 'ssm:TerminateSession')}
  }

  requests() {
    const mark = `app/${this.env['AWS_SDK_UA_APP_ID']}`
    return sandbox.aws.log.filter(({userAgent}) => userAgent.split(' ').includes(mark))
  }

  /** What a run prints that got through. */
  success(user = 'alice', host = endpoint(this.target)) {
    return {status: 0, stdout: `${user}|${host}\n`}
  }

  get home(): string {
    return this.env['HOME'] ?? ''
  }

  get folder(): string {
    return join(this.home, '.cache/dbtunnel')
  }

  entries(): string[] {
    const names = existsSync(this.folder) ? readdirSync(this.folder) : []
    // Node 22 and later keep compiled code beside them; and there is the list of names for completion.
    const others = ['compiled', `${createHash('sha256').update(OPENED).digest('hex')}.json`]
    return names.filter((name) => !others.includes(name)).map((name) => join(this.folder, name))
  }

  entry(): string {
    const [path = '', ...more] = this.entries()
    expect(more).toEqual([])
    return path
  }

  /** Takes the keys out of the environment, and AWS's settings from this text. */
  useConfig(text: string): void {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete this.env[name]
    this.env['AWS_CONFIG_FILE'] = join(this.home, 'config')
    writeFileSync(this.env['AWS_CONFIG_FILE'], text)
  }
}

let desks = 0

/** Keys of an identity of the sandbox, as the environment has them. */
function keysOf(identity: string): Record<string, string> {
  const {accessKeyId, secretKey, sessionToken} = sandbox.keys.keysOf(identity)
  return {AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretKey, AWS_SESSION_TOKEN: sessionToken ?? ''}
}

/** The chunks of the bundle that hold a client of AWS's. */
async function clientsOf(work: (env: Record<string, string>) => Promise<unknown>): Promise<string[]> {
  const records = mkdtempSync(join(tmpdir(), 'modules-'))
  try {
    const MODULES = join(records, 'modules')
    await work({MODULES, NODE_OPTIONS: `--require=${join(ROOT, 'test/support/record-modules.cjs')}`})
    const found = readFileSync(MODULES, 'utf8').match(/(?<=\/dist\/chunks\/)(ec2|rds|ssm|sts)(?=\d*\.js$)/gm)
    return [...new Set(found)].toSorted()
  } finally {
    rmSync(records, {recursive: true})
  }
}

/** What is kept is a file of this user alone, and holds nothing that could be used. */
function expectNoSecretIn(desk: Desk): void {
  expect(statSync(desk.folder).mode & 0o777).toBe(0o700)
  expect(statSync(desk.entry()).mode & 0o777).toBe(0o600)
  const text = readFileSync(desk.entry(), 'utf8')
  expect(text).toContain(endpoint('prod-db'))
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    expect(text + desk.entry()).not.toContain(desk.env[name])
  }
  expect(text).not.toMatch(/X-Amz|token|secret/i)
}

describe.concurrent('a second run', () => {
  it('asks AWS for the session and nothing else, and loads no client but Systems Manager’s', async () => {
    const desk = new Desk()
    expect(await clientsOf((env) => desk.psql([], env))).toEqual(['ec2', 'rds', 'ssm', 'sts'])
    expectNoSecretIn(desk)

    const from = desk.requests().length
    expect(
      await clientsOf(async (env) => expect(await desk.psql([], env)).toMatchObject({...desk.success(), asked: WARM})),
    ).toEqual(['ssm'])
    const log = desk.requests().slice(from)
    expect(sequentialRoundTrips(log.filter(({action}) => action !== 'ssm:TerminateSession'))).toBe(1)
  })

  it('does so with the plugin, too', async () => {
    const desk = new Desk()
    const change = {DBTUNNEL_ENGINE: 'plugin', DBTUNNEL_PLUGIN: PLUGIN}
    await desk.psql([], change)
    expect(await desk.psql([], change)).toMatchObject({...desk.success(), asked: WARM})
  })

  it.each([
    ['DBTUNNEL_CACHE=off', {DBTUNNEL_CACHE: 'off'}],
    ['no home that can be written', {HOME: '/proc'}],
  ])('is as the first with %s', async (_, change) => {
    const desk = new Desk()
    await desk.psql([], change)
    const again = await desk.psql([], change)
    expect(again).toMatchObject(desk.success())
    expect(again.asked).toContain('rds:DescribeDBInstances')
    expect(desk.entries()).toEqual([])
  })

  it('looks a custom endpoint up again: yesterday’s reader may be the writer', async () => {
    const desk = new Desk('orders:analytics')
    await desk.psql()
    expect((await desk.psql()).asked).toContain('rds:DescribeDBClusterEndpoints')
    expect(desk.entries()).toEqual([])
  })

  it.each(['legacy-db', 'sealed-db'])('of %s, which has failed, has nothing to go by', async (target) => {
    const desk = new Desk(target)
    expect((await desk.psql()).status).toBe(69)
    expect(desk.entries()).toEqual([])
  })
})

describe.concurrent('who asks, and where', () => {
  it('the same names in two accounts: each has their own', async () => {
    const desk = new Desk()
    const people = [
      ['alice', desk.success()],
      ['mallory', desk.success('alice', OTHER_HOST)],
    ] as const
    for (const [identity, success] of people) {
      const cold = await desk.psql([], keysOf(identity))
      expect(cold).toMatchObject(success)
      expect(cold.asked).toContain('rds:DescribeDBInstances')
    }
    for (const [identity, success] of people) {
      expect(await desk.psql([], keysOf(identity))).toMatchObject({...success, asked: WARM})
    }
  })

  it('two profiles, and one that gets other keys', async () => {
    const desk = new Desk()
    const setKeys = (people: Readonly<Record<string, string>>): void => {
      const sections = Object.entries(people).map(([profile, identity]) => {
        const keys = Object.entries(keysOf(identity)).map(([name, value]) => `${name.toLowerCase()} = ${value}`)
        return [`[profile ${profile}]`, ...keys].join('\n')
      })
      desk.useConfig(sections.join('\n'))
    }
    const other = desk.success('alice', OTHER_HOST)
    setKeys({one: 'alice', two: 'mallory'})
    expect(await desk.psql(['--profile', 'one'])).toMatchObject(desk.success())
    expect(await desk.psql(['--profile', 'two'])).toMatchObject(other)
    setKeys({one: 'mallory', two: 'alice'})
    const changed = await desk.psql(['--profile', 'one'])
    expect(changed).toMatchObject(other)
    expect(changed.asked).toContain('rds:DescribeDBInstances')
  })

  it('another region or endpoint: nothing of this one is used', async () => {
    const desk = new Desk()
    await desk.psql()
    const elsewhere = await desk.psql(['--region', 'us-east-1'])
    expect(elsewhere.status).toBe(77)
    expect(elsewhere.asked).not.toContain('ssm:StartSession')
    const AWS_ENDPOINT_URL = sandbox.aws.url.replace('127.0.0.1', 'localhost')
    expect((await desk.psql([], {AWS_ENDPOINT_URL})).asked).toContain('rds:DescribeDBInstances')
  })

  // The settings stay the same, and say nothing of who has logged in with them.
  it('a credential process that gives another person’s keys, and another account’s', async () => {
    const desk = new Desk()
    const file = join(desk.home, 'keys.json')
    desk.useConfig(`[default]\ncredential_process = /bin/cat ${file}\n`)
    const become = (identity: string): void => {
      const {accessKeyId, secretKey, sessionToken} = sandbox.keys.keysOf(identity)
      const keys = {Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretKey, SessionToken: sessionToken}
      writeFileSync(file, JSON.stringify(keys))
    }
    become('alice')
    await desk.psql()
    become('carol')
    expect(await desk.psql()).toMatchObject(desk.success('carol@example.com'))
    // Another account, where this one's bastion may not be used.
    become('mallory')
    expect(await desk.psql()).toMatchObject(desk.success('alice', OTHER_HOST))
    expect(await desk.psql()).toMatchObject({...desk.success('alice', OTHER_HOST), asked: WARM})
  })
})

describe.concurrent('what has changed since', () => {
  const opened = async (target: string, words: readonly string[] = []): Promise<Desk> => {
    const desk = new Desk(target)
    expect(await desk.psql(words)).toMatchObject(desk.success())
    return desk
  }

  /** A bastion like the usual one, to be found by its name. */
  const addBastion = (id: string, name: string): {instance: Instance; node: ManagedNode} => {
    const like = <T extends {readonly id: string}>(list: readonly T[]): T =>
      ({...list.find((one) => one.id === MACHINE.bastionA), id}) as T
    const instance = {...like(account.instances), tags: {Name: name, 'dbtunnel:bastion': 'true'}}
    const node = like(account.nodes)
    account.instances.push(instance)
    account.nodes.push(node)
    return {instance, node}
  }
  const remove = <T>(list: T[], one: T): void => void list.splice(list.indexOf(one), 1)

  it('a bastion that was replaced: terminated, then gone with its tags, so that access to it is denied', async () => {
    const words = ['--bastion', 'tag:Name=spare']
    const first = addBastion('i-0aaaaaaaaaaaaaaa1', 'spare')
    const desk = await opened('tenant-01', words)
    first.instance.state = 'terminated'
    const second = addBastion('i-0aaaaaaaaaaaaaaa2', 'spare')
    expect(await desk.psql(words)).toMatchObject(desk.success())
    expect(await desk.psql(words)).toMatchObject({...desk.success(), asked: WARM})

    remove(account.instances, second.instance)
    remove(account.nodes, second.node)
    addBastion('i-0aaaaaaaaaaaaaaa3', 'spare')
    const {status, stderr, asked} = await desk.psql(words)
    expect(status).toBe(0)
    expect(stderr).toContain('AWS was asked again')
    expect(asked.filter((action) => action === 'ssm:StartSession')).toHaveLength(2)
  })

  it('the better of two bastions has lost its connection: the other one, without asking anew', async () => {
    const words = ['--bastion', 'tag:Name=pair']
    const [first] = [addBastion('i-0bbbbbbbbbbbbbbb1', 'pair'), addBastion('i-0bbbbbbbbbbbbbbb2', 'pair')]
    const desk = await opened('tenant-02', words)
    first.node.connected = false
    expect(await desk.psql(words)).toMatchObject({...desk.success(), asked: ['ssm:StartSession', 'ssm:StartSession']})
  })

  it('a database that has moved to another host and port, with a local port that both sessions want', async () => {
    const words = ['--local-port', '15999']
    const desk = await opened('tenant-03', words)
    Object.assign(database('tenant-03'), {id: 'old-tenant', status: 'stopped'})
    Object.assign(database('new-tenant'), {id: 'tenant-03'})
    const moved = await desk.psql(words)
    expect(moved).toMatchObject(desk.success('alice', endpoint('new-tenant')))
    const now = `AWS was asked again: ${endpoint('new-tenant')}:5433, by bastion`
    expect(moved.stderr).toContain(now)
    expect(await desk.psql(words)).toMatchObject({...desk.success('alice', endpoint('new-tenant')), asked: WARM})
  })

  it('a database that was stopped: the error and the command that mends it', async () => {
    const desk = await opened('tenant-04')
    database('tenant-04').status = 'stopped'
    const stopped = await desk.psql()
    expect(stopped.status).toBe(69)
    expect(stopped.stderr).toContain('[DATABASE_UNAVAILABLE]')
    expect(stopped.stderr).toContain('aws rds start-db-instance --db-instance-identifier tenant-04')
    expect(desk.entries()).toEqual([])
  })

  it('a security group that lets nobody in: told after one more look', async () => {
    const desk = await opened('tenant-05')
    Object.assign(database('tenant-05'), {securityGroupIds: []})
    const {status, stderr, asked} = await desk.psql()
    expect(status).toBe(69)
    expect(stderr).toContain('[DATABASE_UNREACHABLE]')
    // Both bastions, before and after the look.
    expect(stderr.match(/cannot reach/g)?.length).toBeLessThanOrEqual(4)
    expect(asked).toContain('rds:DescribeDBInstances')
  })

  it('IAM login that was turned off: said with the command that mends it, after psql’s own words', async () => {
    const desk = await opened('tenant-06')
    database('tenant-06').iamLogin = false
    const {status, stderr} = await desk.psql()
    expect(status).toBe(2)
    expect(stderr).toContain('IAM database authentication is off for the instance tenant-06.')
    expect(stderr).toContain('--enable-iam-database-authentication')
    expect(desk.entries()).toEqual([])
  })

  it('a default database that is another now: said after psql’s own words', async () => {
    const desk = await opened('tenant-07')
    writeFileSync(desk.entry(), readFileSync(desk.entry(), 'utf8').replace('"tenant"', '"gone"'))
    const {status, stderr} = await desk.psql()
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /tenant-07 .* has changed since: .*database tenant, user alice now\. Run the command again\./,
    )
    expect(await desk.psql()).toMatchObject(desk.success())
  })

  it('nothing that explains a refused login: the likeliest causes, after one more look', async () => {
    const desk = await opened('tenant-08')
    const {status, stderr, asked} = await desk.psql(['-U', 'password_only'])
    expect(status).toBe(2)
    expect(asked.filter((action) => action === 'ssm:StartSession')).toHaveLength(1)
    expect(asked).toContain('rds:DescribeDBInstances')
    expect(asked).not.toContain('ec2:DescribeInstances')
    expect(stderr).toContain('GRANT rds_iam')
    expect(desk.entries()).toEqual([])
  })
})

describe.concurrent('an entry that someone else could have written', () => {
  it.each<[string, (path: string) => void]>([
    [
      'with a line in the host’s name',
      (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('rds.amazonaws.com', 'evil\\n6.6.6.6 evil')),
    ],
    ...(process.getuid?.() === 0
      ? [['of another owner', (path) => chownSync(path, 65534, 65534)] as [string, (path: string) => void]]
      : []),
  ])('%s is not believed, and replaced', async (_, change) => {
    const desk = new Desk()
    await desk.psql()
    change(desk.entry())
    const again = await desk.psql()
    expect(again).toMatchObject(desk.success())
    expect(again.asked).toContain('rds:DescribeDBInstances')
    expect(again.stderr).toMatch(/^debug: cache: (not used|what is known)/m)
    expect(readFileSync(desk.entry(), 'utf8')).not.toContain('evil')
    expect(statSync(desk.entry()).uid).toBe(process.getuid?.())
  })
})
