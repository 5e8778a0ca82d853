import {existsSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {awsApi} from '../../src/adapters/aws/aws-api.js'
import {systemClock} from '../../src/adapters/processes/clock.js'
import {hostsFile} from '../../src/adapters/hosts-file/hosts-file.js'
import {hostsHelper} from '../../src/adapters/hosts-helper/hosts-helper.js'
import type {Settings} from '../../src/settings/settings.js'
import type {Checkup} from '../../src/core/results/checkup.js'
import {fail} from '../../src/core/errors.js'
import type {AwsApi} from '../../src/core/ports/aws.js'
import type {Sandbox} from '../sandbox/sandbox.js'
import {run, start} from '../support/dbtunnel.js'
import {expectNothingOf} from '../support/leftovers.js'
import {failingPlugin} from '../support/plugin.js'
import {until} from '../support/until.js'
import {FAULTS} from './doctor/faults.js'
import {policy} from './doctor/mends.js'
import {
  become,
  databaseOf,
  examine,
  groupOf,
  hopIn,
  hostOf,
  openWorld,
  startDoctorSandbox,
  unset,
  type World,
} from './doctor/world.js'

const MINUTES = 60_000
const DAYS = 24 * 60 * MINUTES

let sandbox: Sandbox
let world: World

beforeAll(async () => {
  sandbox = await startDoctorSandbox()
})
afterAll(() => sandbox.close())
afterEach(async () => {
  for (const step of world.cleanUp.splice(0).reverse()) await step()
})

it('is fine', async () => {
  world = openWorld(sandbox)
  const checkup = await examine(world)
  expect(checkup).toMatchObject({target: 'prod-db', healthy: true, failing: null, exitCode: 0})
  expect(checkup.hops.filter(({status}) => status !== 'ok')).toEqual([])
  await expectNothingOf(world.env)
  expect(sandbox.sessions.open()).toEqual([])
})

describe('what is not as it should be, and yet in nobody’s way', () => {
  it('security groups that may not be looked at: the statement for those who want doctor to', async () => {
    world = openWorld(sandbox)
    become(world, 'without-ec2:DescribeSecurityGroups')
    const checkup = await examine(world)
    const said = hopIn(checkup, 'security-groups')
    expect(checkup).toMatchObject({healthy: true, exitCode: 0})
    expect(said?.status).toBe('unknown')
    if (said) await policy(said, world)
    expect(hopIn(await examine(world), 'security-groups')?.status).toBe('ok')
  })

  it('a certificate that ends soon', async () => {
    world = openWorld(sandbox)
    const now = (): number => Date.now() + 20 * DAYS
    const checkup = await examine(world, {clock: {...systemClock, now}})
    expect(checkup.healthy).toBe(true)
    expect(hopIn(checkup, 'certificate')).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/ends in 9 days, on 20/),
    })
  })

  it('what a killed run has left in the hosts file', async () => {
    world = openWorld(sandbox)
    writeFileSync(world.hostsPath, `127.0.0.1 ${hostOf(world, 'prod-db')} # dbtunnel pid=1 started=linux-0-1\n`)
    const checkup = await examine(world)
    expect(checkup.healthy).toBe(true)
    expect(hopIn(checkup, 'hosts-lines')).toMatchObject({status: 'warn', hint: 'dbtunnel hosts clean'})
  })

  it('a write to the hosts file that was cut off', async () => {
    world = openWorld(sandbox)
    const torn = {...hostsFile(world.hostsPath), isTorn: async () => true}
    const checkup = await examine(world, {hostsFile: torn})
    expect(checkup.healthy).toBe(true)
    expect(hopIn(checkup, 'hosts-lines')).toMatchObject({
      status: 'warn',
      detail: `${world.hostsPath}: a write to it was cut off.`,
      hint: 'dbtunnel hosts clean',
    })
  })

  it.each([
    ['an installed helper that is not used', {state: 'unusable', why: 'it is old'}, 'own', /: it is old\.$/],
    ['a rule that this version does not make, beside one that is used', {state: 'usable'}, 'other', /sudo has a rule/],
    ['a rule whose files are gone', {state: 'absent'}, 'other', /sudo has a rule/],
  ] as const)('%s', async (_, installed, rule, why) => {
    world = openWorld(sandbox)
    const checkup = await examine(world, {
      hostsHelper: {...hostsHelper, installed: () => installed, ruleInForce: async () => rule},
    })
    expect(checkup).toMatchObject({healthy: true, exitCode: 0})
    expect(hopIn(checkup, 'hosts-helper')).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(why),
      hint: 'Replace it: dbtunnel hosts install\nOr take it out: dbtunnel hosts uninstall',
    })
  })

  it('a line of someone else’s for the name, where psql does without the hosts file', async () => {
    world = openWorld(sandbox)
    world.flags.resolve = 'hostaddr'
    writeFileSync(world.hostsPath, `10.9.8.7 ${hostOf(world, 'prod-db')}\n`)
    const checkup = await examine(world)
    expect(checkup).toMatchObject({healthy: true, exitCode: 0})
    expect(hopIn(checkup, 'name')).toMatchObject({status: 'warn', detail: expect.stringContaining('10.9.8.7')})
  })

  it('a hosts file that cannot be written, where nothing asks for it', async () => {
    world = openWorld(sandbox)
    world.hostsPath = join(world.folder, 'gone')
    const checkup = await examine(world)
    expect(checkup).toMatchObject({healthy: true, exitCode: 0})
    expect(hopIn(checkup, 'hosts')).toMatchObject({status: 'ok', detail: expect.stringMatching(/\(hostaddr\)$/)})
  })

  it('a hosts file for which sudo will ask', async () => {
    world = openWorld(sandbox)
    world.flags.resolve = 'hosts'
    const start = (): Promise<never> => Promise.reject(fail('HOSTS_UNWRITABLE', 'A password is required.'))
    const checkup = await examine(world, {
      hostsFile: {...hostsFile(world.hostsPath), needsRoot: async () => true},
      hostsHelper: {...hostsHelper, canAsk: () => true, start},
    })
    expect(checkup).toMatchObject({healthy: true, exitCode: 0})
    expect(hopIn(checkup, 'hosts')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('sudo will ask for your password'),
      hint: expect.stringContaining('dbtunnel hosts install'),
    })
  })

  it('a plugin that is too old, for dbtunnel does without', async () => {
    world = openWorld(sandbox)
    Object.assign(world.env, {DBTUNNEL_PLUGIN: failingPlugin('old', world.folder)})
    const checkup = await examine(world)
    expect(checkup).toMatchObject({healthy: true, exitCode: 0})
    expect(hopIn(checkup, 'plugin')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('dbtunnel carries sessions itself'),
    })
    expect(hopIn(checkup, 'session')?.detail).toContain('native engine')
  })

  it('a clock that is a little slow', async () => {
    world = openWorld(sandbox)
    sandbox.clock.advance(3 * MINUTES)
    world.cleanUp.push(() => sandbox.clock.advance(-3 * MINUTES))
    const checkup = await examine(world)
    expect(checkup).toMatchObject({healthy: true, exitCode: 0})
    expect(hopIn(checkup, 'clock')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('3 minutes behind'),
      hint: expect.stringContaining('timedatectl'),
    })
  })

  it('a database that is busy with itself', async () => {
    world = openWorld(sandbox)
    const database = databaseOf(world, 'prod-db')
    database.status = 'storage-full'
    world.cleanUp.push(() => void (database.status = 'available'))
    const checkup = await examine(world)
    expect(hopIn(checkup, 'available')).toMatchObject({status: 'warn', detail: expect.stringContaining('storage-full')})
  })

  it('security groups that say no, where the database answers', async () => {
    world = openWorld(sandbox)
    const awsFor = (account: Settings): AwsApi => {
      const aws = awsApi({...account, say: {debug() {}, notice() {}}})
      const securityGroups: AwsApi['ec2']['securityGroups'] = async (...query) =>
        (await aws.ec2.securityGroups(...query)).map((group) => ({...group, ingress: []}))
      return {...aws, ec2: {...aws.ec2, securityGroups}}
    }
    const checkup = await examine(world, {awsFor})
    expect(checkup).toMatchObject({healthy: true, exitCode: 0})
    expect(hopIn(checkup, 'security-groups')).toMatchObject({
      status: 'unknown',
      detail: expect.stringMatching(/^The database answers, though no rule says so\./),
    })
  })

  it('a rule for its address, and none when it has another', async () => {
    world = openWorld(sandbox)
    const group = groupOf(world, databaseOf(world, 'prod-db').securityGroupIds[0] ?? '')
    const {ingress} = group
    world.cleanUp.push(() => void (group.ingress = ingress))
    group.ingress = [{port: 5432, fromGroups: [], fromCidrs: ['10.0.0.0/24']}]
    expect(hopIn(await examine(world), 'security-groups')?.status).toBe('ok')
    group.ingress = [{port: 5432, fromGroups: [], fromCidrs: ['10.0.1.0/24']}]
    expect(await examine(world)).toMatchObject({failing: 'security-groups'})
  })
})

it('asks RDS nothing where all is given, and says what it so does not know', async () => {
  world = openWorld(sandbox)
  world.target = `${hostOf(world, 'prod-db')}:5432`
  world.flags = {user: 'alice', bastion: world.bastion.id}
  const before = sandbox.aws.log.length
  const checkup = await examine(world)
  expect(checkup).toMatchObject({healthy: true, exitCode: 0})
  expect(checkup.hops.flatMap(({id, status}) => (status === 'unknown' ? [id] : []))).toEqual([
    'available',
    'iam-login',
    'security-groups',
  ])
  expect(sandbox.aws.log.slice(before).filter(({action}) => action.startsWith('rds:'))).toEqual([])
})

it('promises no password for a hosts file that sudo cannot write either', async () => {
  world = openWorld(sandbox)
  world.flags.resolve = 'hosts'
  world.hostsPath = join(world.folder, 'gone')
  const checkup = await examine(world, {hostsHelper: {...hostsHelper, canAsk: () => true}})
  expect(checkup).toMatchObject({failing: 'hosts', exitCode: 73})
  expect(hopIn(checkup, 'hosts')?.detail).not.toMatch(/sudo/)
})

it('refuses for an RDS Proxy what psql would refuse', async () => {
  world = openWorld(sandbox)
  world.target = 'p.proxy-c9akciq32rgw.eu-west-1.rds.amazonaws.com:5432'
  world.flags = {user: 'alice', bastion: world.bastion.id, 'read-only': true}
  const checkup = await examine(world)
  expect(checkup).toMatchObject({failing: 'authorities', exitCode: 64})
  expect(hopIn(checkup, 'authorities')?.detail).toContain('cannot be made read-only')
})

it('reads no ~/.psqlrc where it logs in', async () => {
  world = openWorld(sandbox)
  const home = world.env['HOME'] ?? ''
  writeFileSync(join(home, '.psqlrc'), `\\! touch '${home}/was-read'\n`)
  expect(await examine(world)).toMatchObject({healthy: true})
  expect(existsSync(join(home, 'was-read'))).toBe(false)
})

it('waits at no hop for longer than it was told to', async () => {
  world = openWorld(sandbox)
  world.flags.timeout = '3s'
  world.cleanUp.push(sandbox.aws.disturbances.add({action: 'rds:DescribeDBInstances', effect: {kind: 'hang'}}))
  expect(hopIn(await examine(world), 'database')).toMatchObject({
    status: 'fail',
    code: 'TIMEOUT',
    detail: 'There was no answer within 3 s.',
  })
})

it('wants a Node that is new enough', async () => {
  world = openWorld(sandbox)
  const checkup = await examine(world, {nodeVersion: '20.18.3'})
  expect(checkup).toMatchObject({failing: 'node', exitCode: 78})
  expect((await examine(world, {nodeVersion: '20.19.0'})).healthy).toBe(true)
})

it('goes on where nothing hangs on what fails, and says what the rest hangs on', async () => {
  world = openWorld(sandbox)
  world.target = 'legacy-db'
  const {hops} = await examine(world)
  const states = Object.fromEntries(hops.map(({id, status}) => [id, status]))
  expect(states).toMatchObject({'iam-login': 'fail', session: 'ok', tunnel: 'ok', certificate: 'ok', 'rds-iam': 'skip'})
  expect(hops.at(-1)).toMatchObject({id: 'login', status: 'skip', detail: 'because of: IAM login'})
})

it('without a region, looks at all that is of this machine', async () => {
  world = openWorld(sandbox)
  unset(world.env, 'AWS_REGION')
  world.env['DBTUNNEL_ENGINE'] = 'native'
  const {hops, failing} = await examine(world)
  expect(failing).toBe('region')
  const before = hops.slice(
    0,
    hops.findIndex(({id}) => id === 'credentials'),
  )
  expect(before.map(({id, status}) => `${id} ${status}`)).toEqual([
    'node ok',
    'psql ok',
    'config ok',
    'region fail',
    'plugin ok',
    'port ok',
    'folder ok',
    'hosts ok',
    'hosts-lines ok',
    'hosts-helper ok',
  ])
  expect(before.find(({id}) => id === 'plugin')?.detail).toContain('--engine native')
})

describe('as a program', () => {
  it('prints a line for each hop, and nothing but text', async () => {
    world = openWorld(sandbox)
    const {status, stdout, stderr} = await run(['doctor', 'prod-db', '--resolve', 'hostaddr'], {env: world.env})
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    const lines = stdout.split('\n').filter((line) => /^\S/.test(line))
    expect(lines).toHaveLength(26)
    expect(lines[0]).toMatch(/^ok {4}Node +\d/)
    expect(lines.at(-1)).toBe('dbtunnel psql prod-db works.')
    expect(stdout).not.toMatch(/\p{Cc}(?<!\n)/u)
    await expectNothingOf(world.env)
  })

  it('says what a name of the team’s file stands for', async () => {
    world = openWorld(sandbox)
    const folder = world.env['HOME'] ?? ''
    writeFileSync(join(folder, 'dbtunnel.yaml'), 'targets:\n  shop: {identifier: prod-db}\n', {mode: 0o600})
    const {status, stdout} = await run(['doctor', 'shop', '--resolve', 'hostaddr'], {env: world.env, cwd: folder})
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ +shop is prod-db: \S+dbtunnel\.yaml/m)
  })

  it('--json: one object, whose status is that of the first that fails', async () => {
    world = openWorld(sandbox)
    const {status, stdout, stderr} = await run(['doctor', 'sealed-db', '--json', '--resolve', 'hostaddr'], {
      env: world.env,
    })
    expect({status, stderr}).toEqual({status: 69, stderr: ''})
    const checkup = JSON.parse(stdout) as Checkup
    expect(checkup).toMatchObject({target: 'sealed-db', healthy: false, failing: 'security-groups', exitCode: 69})
    expect(hopIn(checkup, 'tunnel')).toEqual({
      id: 'tunnel',
      title: 'Tunnel',
      status: 'skip',
      detail: 'because of: Security groups',
    })
  })

  it('without a target: what all databases have in common, and no session', async () => {
    world = openWorld(sandbox)
    const before = sandbox.aws.log.length
    const {status, stdout} = await run(['doctor', '--resolve', 'hostaddr'], {env: world.env})
    expect(status).toBe(0)
    expect(stdout).toContain('prod-bastion-a')
    const asked = sandbox.aws.log.slice(before).map(({action}) => action)
    expect(new Set(asked)).toEqual(
      new Set(['sts:GetCallerIdentity', 'ec2:DescribeInstances', 'ssm:DescribeInstanceInformation']),
    )
  })

  it('Ctrl-C in the middle: all that is open is closed', async () => {
    world = openWorld(sandbox)
    const host = hostOf(world, 'tenant-01')
    sandbox.database.setMode(host, 'silent')
    const running = start(['doctor', 'tenant-01', '--resolve', 'hostaddr'], {env: world.env})
    await until('the security groups', () => running.stdout().includes('Security groups'))
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({status: 130})
    await expectNothingOf(world.env)
    expect(sandbox.sessions.open()).toEqual([])
  })
})

describe('each way to be broken is the first hop that fails, and what doctor says mends it', () => {
  it.each(FAULTS.map((fault) => [`${fault.hop}: ${fault.title}`, fault] as const))('%s', async (_, fault) => {
    world = openWorld(sandbox)
    await fault.break(world)
    const broken = await examine(world)
    expect(broken).toMatchObject({failing: fault.hop, healthy: false})
    const said = hopIn(broken, fault.hop)
    expect(said).toMatchObject({status: 'fail', code: fault.code})
    if (!said) return
    // Nobody logs in, and no token is made, where the way there is not as it should be.
    if (!['hosts', 'name', 'login'].includes(fault.hop)) {
      expect(hopIn(broken, 'login')).toMatchObject({status: 'skip', detail: `because of: ${said.title}`})
    }
    await fault.mend(said, world)
    expect(await examine(world)).toMatchObject({failing: null, healthy: true, exitCode: 0})
  })
})
