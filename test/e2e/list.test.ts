import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import type {Listing} from '../../src/core/results/database-listing.js'
import {MACHINE, REGION, VPC, engineerPolicy, roleSession} from '../sandbox/account.js'
import {type Plane, startPlane, type Account, sequentialRoundTrips} from '../sandbox/aws.js'
import {PROGRAM, run} from '../support/dbtunnel.js'
import {openScreen} from '../support/terminal.js'

const DATABASES = ['rds:DescribeDBInstances', 'rds:DescribeDBClusters']

let plane: Plane
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dbtunnel-list-'))
})
afterAll(() => rmSync(folder, {recursive: true}))

beforeEach(async () => {
  const blind = roleSession('blind', 'Blind', [engineerPolicy('412093857610', DATABASES)])
  plane = await startPlane([blind])
  return () => plane.aws.close()
})

function environment(identity = 'alice', change: Record<string, string> = {}): Record<string, string> {
  const {accessKeyId, secretKey, sessionToken} = plane.keys.keysOf(identity)
  return {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    HOME: folder,
    AWS_ENDPOINT_URL: plane.aws.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(sessionToken === undefined ? {} : {AWS_SESSION_TOKEN: sessionToken}),
    ...change,
  }
}

const list = (words: readonly string[] = [], identity?: string, change?: Record<string, string>) =>
  run(['list', ...words], {env: environment(identity, change)})

async function listJson(words: readonly string[] = [], identity?: string): Promise<Listing['databases']> {
  const {status, stdout, stderr} = await list([...words, '--json'], identity)
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  return (JSON.parse(stdout) as Listing).databases
}

/** All that can be typed, by the sandbox's own model. */
function namesIn({databases, clusters}: Account): string[] {
  const ofClusters = clusters.flatMap(({id, customEndpoints}) => [
    id,
    `${id}:reader`,
    ...customEndpoints.map((custom) => `${id}:${custom.id}`),
  ])
  return [...databases.map(({id}) => id), ...ofClusters].sort()
}

const firstWords = (text: string): string[] => text.split('\n').flatMap((line) => /^\S+/.exec(line) ?? [])

describe('every database of the account', () => {
  it('stands in a row of its own, whole and plain, when piped', async () => {
    const {status, stdout, stderr} = await list()
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(firstWords(stdout).slice(1).sort()).toEqual(namesIn(plane.account))
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/))
    expect(rows).toContainEqual(['prod-db', 'instance', 'postgres', 'available', 'on', VPC.prod, 'prod-bastion-a'])
    expect(rows).toContainEqual(['legacy-db', 'instance', 'postgres', 'available', 'off', VPC.prod, 'prod-bastion-a'])
    expect(rows).toContainEqual(expect.arrayContaining(['erp-oracle', 'oracle-se2 (unsupported)']))
    expect(rows).toContainEqual(expect.arrayContaining(['reports-db', 'stopped']))
    expect(rows).toContainEqual(expect.arrayContaining(['staging-db', VPC.staging, 'staging-bastion']))
  })

  it('stands in JSON, as the sandbox has it', async () => {
    const found = await listJson()
    const {databases} = plane.account
    expect(found.map(({target}) => target).sort()).toEqual(namesIn(plane.account))
    for (const {id, status, engine, vpcId, host, clusterId} of databases) {
      const row = found.find(({target}) => target === id)
      expect(row).toMatchObject({status, engine, vpcId, host: host ?? null, cluster: clusterId ?? null})
      expect(row?.supported).toBe(/^(aurora-)?(postgres|mysql)|^mariadb/.test(engine))
    }
    expect(found.find(({target}) => target === 'orders:analytics')).toMatchObject({
      kind: 'custom',
      cluster: 'orders',
      vpcId: VPC.prod,
      iamLogin: true,
      bastion: {usable: true},
    })
  })

  it('has what belongs to a cluster right behind it', async () => {
    const names = (await listJson()).map(({target}) => target)
    const from = names.indexOf('orders')
    expect(names.slice(from, from + 6)).toEqual([
      'orders',
      'orders:reader',
      'orders:analytics',
      'orders-1',
      'orders-2',
      'orders-3',
    ])
  })

  it('fits a terminal of 80 columns, with every name whole', async () => {
    // The terminal stays open until it is read: what the last program on it wrote may be lost with it.
    const held = '"$0" "$@"; status=$?; sleep 0.5; exit $status'
    const screen = openScreen(['-c', held, process.execPath, PROGRAM, 'list'], {env: environment(), file: '/bin/sh'})
    expect(await screen.ended).toMatchObject({status: 0})
    const lines = screen.plain().trimEnd().split('\r\n')
    expect(Math.max(...lines.map(({length}) => length))).toBeLessThanOrEqual(80)
    expect(firstWords(lines.join('\n')).slice(1).sort()).toEqual(namesIn(plane.account))
    expect(screen.text()).toBe(screen.plain())
  })
})

describe('whether a bastion leads there', () => {
  it('is what psql would find: the rule that is asked for, and why not', async () => {
    for (const node of plane.account.nodes) if (node.id === MACHINE.staging) node.ping = 'ConnectionLost'
    const [staging] = (await listJson()).filter(({target}) => target === 'staging-db')
    expect(staging?.bastion).toEqual({
      usable: false,
      id: null,
      name: null,
      refusals: [`${MACHINE.staging} "staging-bastion" is not connected to Systems Manager (ConnectionLost)`],
    })
    const named = await listJson(['--bastion', MACHINE.bastionA])
    expect(new Set(named.map(({bastion}) => bastion.id))).toEqual(new Set([MACHINE.bastionA]))
    const none = await listJson(['--bastion', 'tag:Team=nobody'])
    expect(none.filter(({bastion}) => bastion.usable !== false)).toEqual([])
  })

  it.each(['ec2:DescribeInstances', 'ssm:DescribeInstanceInformation'])(
    'is unknown without %s, which one notice names with its statement',
    async (action) => {
      const {status, stdout, stderr} = await list([], `without-${action}`)
      expect(status).toBe(0)
      expect(firstWords(stdout).slice(1).sort()).toEqual(namesIn(plane.account))
      expect(stdout).toMatch(/^prod-db .* unknown$/m)
      expect(stderr).toMatch(
        new RegExp(
          `^AWS does not allow you to call ${action}: whether there is a bastion is not known\\.\n.*\n.*"${action}".*\n$`,
        ),
      )
    },
  )
})

describe('what may not be seen', () => {
  it.each([
    ['rds:DescribeDBClusterEndpoints', 'orders', 'orders:analytics'],
    ['rds:DescribeDBClusters', 'orders-1', 'orders'],
    ['rds:DescribeDBInstances', 'orders', 'prod-db'],
  ])('without %s: %s is there, %s is not, and a notice says so', async (action, there, missing) => {
    const {status, stdout, stderr} = await list([], `without-${action}`)
    expect(status).toBe(0)
    expect(firstWords(stdout)).toContain(there)
    expect(firstWords(stdout)).not.toContain(missing)
    expect(stderr.match(/AWS does not allow you/g)).toHaveLength(1)
    expect(stderr).toContain(`does not allow you to call ${action}: `)
  })

  it('is an error when it is every database', async () => {
    const {status, stdout, stderr} = await list([], 'blind')
    expect({status, stdout}).toEqual({status: 77, stdout: ''})
    expect(stderr).toMatch(/rds:DescribeDBInstances\. \[ACCESS_DENIED\]/)
  })
})

describe('with a config file', () => {
  let home: string
  beforeAll(() => {
    home = mkdtempSync(join(folder, 'home-'))
    mkdirSync(join(home, '.config', 'dbtunnel'), {recursive: true})
    const text =
      'targets: {shop: {identifier: prod-db, tags: {Own: "yes"}}, far: {identifier: prod-db, region: us-east-1}}'
    writeFileSync(join(home, '.config', 'dbtunnel', 'config.yaml'), text)
  })
  const listed = async (...words: string[]) => {
    const {status, stdout, stderr} = await list(words, 'alice', {HOME: home})
    expect(status).toBe(0)
    return {rows: firstWords(stdout), stdout, stderr}
  }

  it('its names stand beside the databases, and those that lead elsewhere below', async () => {
    const {stdout} = await listed()
    expect(stdout).toMatch(/^TARGET .* NAMES$/m)
    expect(stdout).toMatch(/^prod-db .* shop$/m)
    expect(stdout).toMatch(/\n\nCONFIGURED +STANDS FOR +OPEN\nfar +prod-db +-\n$/)
  })

  it('a pattern means names of both kinds, a tag those of RDS and of the file', async () => {
    expect((await listed('sh*')).rows).toEqual(['TARGET', 'prod-db', 'shop-db'])
    expect((await listed('*a*', '--tag', 'Team=orders')).rows).toEqual(['TARGET', 'orders:reader', 'orders:analytics'])
    expect((await listed('--tag', 'Own', '--tag', 'Stage=prod')).rows).toEqual(['TARGET', 'prod-db'])
    expect(await listed('nosuch')).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^None of the \d+ targets/) as string,
    })
  })
})

it('an empty region: one sentence with the region and what to type', async () => {
  plane.account.databases.length = 0
  plane.account.clusters.length = 0
  const {status, stdout, stderr} = await list()
  expect({status, stdout}).toEqual({status: 0, stdout: ''})
  expect(stderr).toMatch(/^[^\n]*\beu-west-1\b[^\n]* dbtunnel list --region REGION[^\n]*\n$/)
  expect(await list(['--json', '--quiet'])).toMatchObject({
    status: 0,
    stdout: `${JSON.stringify({region: REGION, databases: [], configured: []}, null, 2)}\n`,
    stderr: '',
  })
})

it('1000 databases and 300 bastions: nothing waits but for the pages of one list, and the inventory', async () => {
  const {databases, instances, nodes} = plane.account
  const [database, machine] = [
    databases.find(({id}) => id === 'prod-db'),
    instances.find(({id}) => id === MACHINE.bastionA),
  ]
  if (!database || !machine) throw new Error('not in the account')
  const numbered = (count: number): string[] => Array.from({length: count}, (_, at) => String(at).padStart(4, '0'))
  databases.push(...numbered(1000 - databases.length).map((n) => ({...database, id: `shard-${n}`})))
  for (const n of numbered(300)) {
    const id = `i-${n.padStart(17, '0')}`
    instances.push({...machine, id, tags: {...machine.tags, Name: `bastion-${n}`}})
    nodes.push({id, ping: 'Online', agentVersion: '3.3.2299.0', tags: {}, connected: true})
  }
  plane.aws.disturbances.add({action: '*', effect: {kind: 'delay', ms: 120}})
  const found = await listJson()
  expect(found.map(({target}) => target).sort()).toEqual(namesIn(plane.account))
  expect(sequentialRoundTrips(plane.aws.log)).toBe(2)
  // One after another, EC2's pages alone would be another fourteen.
  const pages = plane.aws.log.filter(({action}) => action === 'rds:DescribeDBInstances').length
  const waits = sequentialRoundTrips(plane.aws.log.map((one) => ({...one, furtherPage: false})))
  expect(waits).toBeLessThan(pages + 12)
})

it('what it has found can be completed from then on, whatever was meant', async () => {
  const env = {...environment(), HOME: join(folder, 'completes')}
  mkdirSync(env.HOME)
  const completes = async (word: string): Promise<string> => (await run(['complete', '--', 'psql', word], {env})).stdout
  expect(await completes('orders:')).toBe('')
  expect(await run(['list', 'prod-*'], {env})).toMatchObject({status: 0})
  expect(await completes('orders:')).toBe('orders:analytics\norders:reader\n')
  expect((await run(['complete', '--', 'psql', ''], {env: {...env, DBTUNNEL_CACHE: 'off'}})).stdout).toBe('')
})
