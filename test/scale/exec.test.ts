import {readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {defaultAccount, otherAccount, endpointNames, resourceIdOf} from '../sandbox/account.js'
import {type Account} from '../sandbox/aws.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, start} from '../support/dbtunnel.js'
import {expectNothingOf, watchFor} from '../support/leftovers.js'

const COUNT = 100
/** As in src/app/ports.ts. */
const STARTS_A_SECOND = 3
const MOST_MIB = 200
const NAMES = Array.from({length: COUNT}, (_, index) => `tenant-${String(index + 1).padStart(2, '0')}`)
/** Of these two things go wrong: no bastion may connect to the one; the command fails on the other. */
const [SEALED, FAILING] = ['tenant-13', 'tenant-50']

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({accounts: [accountWithMany(), otherAccount()]})
})
afterAll(async () => {
  await watchFor(sandbox, {}).expectNothingLeft()
  await sandbox.close()
})

/** All share one real PostgreSQL, each behind an endpoint with a certificate and tokens of its own. */
function accountWithMany(): Account {
  const account = defaultAccount()
  const {databases} = account
  const like = databases.find(({id}) => id === 'tenant-01')
  const sealed = databases.find(({id}) => id === 'sealed-db')
  if (!like || !sealed) throw new Error('the account has changed')
  const word = like.host?.split('.')[1] ?? ''
  for (const id of NAMES) {
    if (databases.some((one) => one.id === id)) continue
    databases.push({...like, id, host: endpointNames(word).instance(id), resourceId: resourceIdOf('db', id)})
  }
  const {securityGroupIds} = sealed
  return {...account, databases: databases.map((one) => (one.id === SEALED ? {...one, securityGroupIds} : one))}
}

interface Ran extends Ended {
  readonly peakMiB: number
}

async function execOn(
  names: readonly string[],
  words: readonly string[],
  command: readonly string[],
  env: Record<string, string>,
): Promise<Ran> {
  const targets = names.flatMap((name) => ['--target', name])
  const running = start(['exec', ...targets, '--parallel', '8', ...words, '--', ...command], {env})
  let peakMiB = 0
  const watching = setInterval(() => (peakMiB = Math.max(peakMiB, peakOf(running.child.pid ?? 0))), 200)
  const ended = await running.ended
  clearInterval(watching)
  await expectNothingOf(env)
  return {...ended, peakMiB}
}

/** Of the process itself, since it began. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return 0
  }
}

const calls = (from: number, action: RegExp) => sandbox.aws.log.slice(from).filter((one) => action.test(one.action))

/** How many of these began within any second. */
function mostWithinASecond(times: readonly number[]): number {
  return Math.max(...times.map((at) => times.filter((other) => other >= at && other < at + 1000).length))
}

it(`${COUNT} databases, eight at a time: each is reached, and two that fail hide none`, async () => {
  const env: Record<string, string> = {...sandbox.env(), DBTUNNEL_ENGINE: 'native', DBTUNNEL_RESOLVE: 'hostaddr'}
  const before = sandbox.aws.log.length
  // In the middle of it AWS has had enough for a while.
  sandbox.aws.disturbances.add({action: 'ssm:StartSession', times: 6, effect: {kind: 'throttle'}})
  const query = `psql -Atc "select current_user, '$DBTUNNEL_HOST'" && case $DBTUNNEL_HOST in ${FAILING}.*) exit 3;; esac`
  const {status, stdout, stderr, peakMiB} = await execOn(NAMES, ['--timeout', '120s'], ['sh', '-c', query], env)

  const reached = NAMES.filter((name) => name !== SEALED)
  const lines = stdout.trimEnd().split('\n').sort()
  expect(lines).toEqual(reached.map((name) => `${name}: alice|${name}.c9akciq32rgw.eu-west-1.rds.amazonaws.com`).sort())
  // Of the first that is not well, in their order.
  expect(status).toBe(69)
  expect(stderr).toMatch(new RegExp(`^${SEALED} +69 DATABASE_UNREACHABLE `, 'm'))
  expect(stderr).toMatch(new RegExp(`^${FAILING} +3 `, 'm'))
  expect(stderr.match(/^tenant-\d+ +0 /gm)).toHaveLength(COUNT - 2)
  expect(stderr).toMatch(/\n2 of 100 targets failed\.\n$/)
  expect(stderr).not.toContain('Warning')

  const starts = calls(before, /^ssm:StartSession$/)
  expect(starts.length).toBeGreaterThanOrEqual(COUNT + 6)
  // They come a little earlier or later than they were sent.
  expect(mostWithinASecond(starts.map(({startedAt}) => startedAt))).toBeLessThanOrEqual(STARTS_A_SECOND + 1)
  const lasted = (starts.at(-1)?.startedAt ?? 0) - (starts[0]?.startedAt ?? 0)
  expect((starts.length - 1) / (lasted / 1000)).toBeLessThanOrEqual(STARTS_A_SECOND * 1.01)
  // Each question once, some of several pages, and one more on what keeps the sealed one out; not one for each database.
  expect(calls(before, /Describe|GetCallerIdentity/).length).toBeLessThan(COUNT / 4)
  expect(peakMiB).toBeLessThan(MOST_MIB)
  console.log(
    `peak RSS ${peakMiB.toFixed(0)} MiB; ${starts.length} StartSession calls in ${(lasted / 1000).toFixed(1)} s`,
  )
})

it('30 of them: what each prints is in files of its own', async () => {
  const some = NAMES.slice(0, 30)
  const env: Record<string, string> = {...sandbox.env(), DBTUNNEL_ENGINE: 'native', DBTUNNEL_RESOLVE: 'hostaddr'}
  const folder = join(env['HOME'] ?? '', 'out')
  const noise = 'head -c 1000000 /dev/zero; echo complaint >&2'
  const {status, stdout, stderr} = await execOn(some, ['--quiet', '--output-dir', folder], ['sh', '-c', noise], env)
  expect({status, stdout}).toEqual({status: 69, stdout: ''})
  expect(stderr).toMatch(/^tenant-13: .*\nTARGET +STATUS +TIME\ntenant-13 .*\n1 of 30 targets failed\.\n$/s)
  const reached = some.filter((name) => name !== SEALED)
  expect(readdirSync(folder).sort()).toEqual(reached.flatMap((name) => [`${name}.err`, `${name}.out`]).sort())
  for (const name of reached) {
    expect(readFileSync(join(folder, `${name}.err`), 'utf8')).toBe('complaint\n')
    const {size, mode} = statSync(join(folder, `${name}.out`))
    expect({size, mode: mode & 0o777}).toEqual({size: 1_000_000, mode: 0o600})
  }
})
