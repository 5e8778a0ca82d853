import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {text} from 'node:stream/consumers'
import {findExecutable} from '../../src/adapters/processes/executables.js'
import type {Sandbox} from '../sandbox/sandbox.js'
import {PROGRAM} from '../support/dbtunnel.js'
import {freePort} from '../support/free-port.js'
import {median, type Part} from './row.js'

const ROUNDS = 7
const QUERY = ['-Atc', 'select 1']

type Env = Record<string, string>

/**
 * The time to the first row, beside the recipe that people use without dbtunnel: `aws ssm start-session` in the
 * background, `aws rds generate-db-auth-token`, psql. The recipe is told bastion and endpoint; dbtunnel finds them.
 */
export const firstRow: Part = {
  name: 'first row',
  async measure(sandbox) {
    const programs = ['aws', 'session-manager-plugin']
    const files = await Promise.all(programs.map((name) => findExecutable(name, process.env['PATH'] ?? '')))
    const missing = programs.filter((_, at) => files[at] === undefined)
    if (missing.length > 0) return {skipped: `${missing.join(' and ')} not on PATH`}
    const own = sandbox.env()
    // Version 1 of the AWS CLI knows the region by this name alone.
    const env: Env = {...own, AWS_DEFAULT_REGION: own['AWS_REGION'] ?? '', DBTUNNEL_RESOLVE: 'hostaddr'}
    const ways: Readonly<Record<string, () => Promise<number>>> = {
      recipe: () => recipe(sandbox, env),
      'plugin, cold': () => dbtunnel({...env, DBTUNNEL_ENGINE: 'plugin', DBTUNNEL_CACHE: 'off'}),
      'plugin, warm': () => dbtunnel({...env, DBTUNNEL_ENGINE: 'plugin'}),
      'native, cold': () => dbtunnel({...env, DBTUNNEL_ENGINE: 'native', DBTUNNEL_CACHE: 'off'}),
      'native, warm': () => dbtunnel({...env, DBTUNNEL_ENGINE: 'native'}),
    }
    const times = new Map<string, number[]>()
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, way] of Object.entries(ways)) {
        const took = await way()
        if (round >= 0) times.set(name, [...(times.get(name) ?? []), took])
      }
    }
    const [[, bare] = ['', []], ...ours] = times
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
    return ours.map(([name, took]) => ({
      what: `first row, ${name}, against the recipe of AWS CLI, plugin and psql`,
      measured: `${(median(took) / median(bare)).toFixed(2)}× (${seconds(median(took))} / ${seconds(median(bare))})`,
    }))
  },
}

async function dbtunnel(env: Env): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [PROGRAM, 'psql', 'prod-db', ...QUERY], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const took = await untilRow(child, startedAt)
  await once(child, 'exit')
  return took
}

async function recipe(sandbox: Sandbox, env: Env): Promise<number> {
  const database = sandbox.account.databases.find(({id}) => id === 'prod-db')
  const bastion = sandbox.account.instances.find(({tags}) => tags['Name'] === 'prod-bastion-a')
  if (!database?.host || !bastion) throw new Error('the sandbox has no prod-db, or no prod-bastion-a')
  const {host, port} = database
  const localPort = await freePort()
  const startedAt = performance.now()
  const parameters = {host: [host], portNumber: [String(port)], localPortNumber: [String(localPort)]}
  const document = 'AWS-StartPortForwardingSessionToRemoteHost'
  const session = spawn(
    'aws',
    ['ssm', 'start-session', '--target', bastion.id, '--document-name', document].concat([
      '--parameters',
      JSON.stringify(parameters),
    ]),
    {env, stdio: ['ignore', 'pipe', 'inherit'], detached: true},
  )
  try {
    const opened = untilSaid(session, /Waiting for connections/)
    const signer = spawn(
      'aws',
      ['rds', 'generate-db-auth-token', '--hostname', host, '--port', String(port), '--username', 'alice'],
      {env, stdio: ['ignore', 'pipe', 'inherit']},
    )
    const [token] = await Promise.all([text(signer.stdout), opened])
    const login = `host=${host} hostaddr=127.0.0.1 port=${localPort} user=alice dbname=shop`
    const tls = `sslmode=verify-full sslrootcert=${env['DBTUNNEL_CA_BUNDLE']}`
    const psql = spawn('psql', [`${login} ${tls}`, ...QUERY], {
      env: {...env, PGPASSWORD: token.trim()},
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const took = await untilRow(psql, startedAt)
    await once(psql, 'exit')
    return took
  } finally {
    if (session.exitCode === null && session.signalCode === null) {
      process.kill(-(session.pid ?? 0), 'SIGINT')
      await once(session, 'exit')
    }
  }
}

/** Milliseconds from `startedAt` to the first row. */
async function untilRow(child: ChildProcess, startedAt: number): Promise<number> {
  let complaint = ''
  child.stderr?.on('data', (bytes: Buffer) => (complaint += bytes.toString()))
  const ended = once(child, 'close').then(() => {
    throw new Error(`no row: ${complaint}`)
  })
  ended.catch(() => {})
  if (child.stdout) await Promise.race([once(child.stdout, 'data'), ended])
  return performance.now() - startedAt
}

function untilSaid(child: ChildProcess, pattern: RegExp): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      if (pattern.test(said)) resolve()
    })
    child.once('exit', () => reject(new Error(`ended early: ${said}`)))
  })
}
