import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../src/adapters/clock.js'
import {hostsHelper} from '../../src/adapters/hosts-helper.js'
import type {Checkup} from '../../src/core/checkup.js'
import type {Sandbox} from '../sandbox/sandbox.js'
import {run, start} from '../support/dbtunnel.js'
import {expectNothingOf} from '../support/leftovers.js'
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

const DAYS = 24 * 60 * 60_000

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
  ])
  expect(before.find(({id}) => id === 'plugin')?.detail).toContain('--engine native')
})

describe('as a program', () => {
  it('prints a line for each hop, and nothing but text', async () => {
    world = openWorld(sandbox)
    const {status, stdout, stderr} = await run(['doctor', 'prod-db', '--resolve', 'hostaddr'], {env: world.env})
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    const lines = stdout.split('\n').filter((line) => /^\S/.test(line))
    expect(lines).toHaveLength(25)
    expect(lines[0]).toMatch(/^ok {4}Node +\d/)
    expect(lines.at(-1)).toBe('dbtunnel psql prod-db works.')
    expect(stdout).not.toMatch(/\p{Cc}(?<!\n)/u)
    await expectNothingOf(world.env)
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
    await fault.mend(said, world)
    expect(await examine(world)).toMatchObject({failing: null, healthy: true, exitCode: 0})
  })
})
