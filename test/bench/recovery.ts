import {mkdirSync, writeFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {prober} from '../../src/adapters/network/prober.js'
import {probe} from '../../src/databases/postgres/probe.js'
import {withDeadline} from '../../src/core/deadline.js'
import {MACHINE} from '../sandbox/account.js'
import type {Sandbox} from '../sandbox/sandbox.js'
import {CARRIERS} from '../support/carriers.js'
import {type Running, start} from '../support/dbtunnel.js'
import {until} from '../support/until.js'
import {atMost, median, type Part, type Row} from './row.js'
import type {ProbeLine} from '../../src/core/ports/network.js'

/** Nobody logs in to be probed. */
const talk = (line: ProbeLine) => probe(line)

const ROUNDS = 3
const MOST_MS = 3000
/** How long what is in the way stays there. */
const OUTAGE_MS = 6000
/** Against hangs only. */
const PATIENCE_MS = 120_000

interface Tunnel {
  readonly running: Running
  readonly port: number
  readonly reason: string
  readonly home: string
}

/** What happens to all tunnels; resolves at the moment from which on recovery is possible. */
type Event = (sandbox: Sandbox, tunnels: readonly Tunnel[]) => Promise<void> | void

const EVENTS: Readonly<Record<string, Event>> = {
  'WebSocket cut': (sandbox, tunnels) => sessionsOf(sandbox, tunnels).forEach((id) => sandbox.agents.cut(id)),
  'channel closed': endSessions,
  'bastion shut down': (sandbox) => stopBusiest(sandbox, 'shut down'),
  'StartSession throttled': async (sandbox, tunnels) => {
    const over = sandbox.aws.disturbances.add({action: 'ssm:StartSession', effect: {kind: 'throttle'}})
    endSessions(sandbox, tunnels)
    await sleep(OUTAGE_MS)
    over()
  },
  'credentials expired': async (sandbox, tunnels) => {
    sandbox.keys.expire('alice')
    endSessions(sandbox, tunnels)
    await sleep(OUTAGE_MS)
    sandbox.keys.issue('alice')
    for (const {home} of tunnels) writeKeys(sandbox, home)
  },
  'database at another address': (sandbox) => sandbox.moveDatabase(endpointOf(sandbox).host),
}

/** From the moment that it is possible until the database answers on the same local port, with a client that keeps asking. */
export const recovery: Part = {
  name: 'recovery',
  async measure(sandbox) {
    const authorities = await readFile(sandbox.env()['DBTUNNEL_CA_BUNDLE'] ?? '', 'utf8')
    const tunnels = await Promise.all(CARRIERS.map(({env}) => open(sandbox, env)))
    const rows: Row[] = []
    /** One list for each tunnel. */
    const measure = async (event: Event): Promise<number[][]> => {
      const took: number[][] = tunnels.map(() => [])
      for (let round = 0; round < ROUNDS; round++) {
        // A client that is there when it happens, so that no tunnel just falls asleep.
        const stop = new AbortController()
        const asking = tunnels.map((tunnel) => keepAsking(tunnel, endpointOf(sandbox).host, authorities, stop.signal))
        await sleep(300)
        await event(sandbox, tunnels)
        const possibleAt = performance.now()
        const answers = await Promise.all(asking.map(async ({answer}) => (await answer(possibleAt)) - possibleAt))
        answers.forEach((ms, index) => took[index]?.push(ms))
        stop.abort()
        for (const id of [MACHINE.bastionA, MACHINE.bastionB]) sandbox.startMachine(id)
      }
      return took
    }
    try {
      for (const [name, event] of Object.entries(EVENTS)) {
        const took = await measure(event)
        rows.push(atMost(`recovery on the same port, ${name}`, median(took.flat()), MOST_MS, seconds))
      }
      const crashed = await measure((one) => stopBusiest(one, 'crashed'))
      crashed.forEach((took, index) => {
        const what = `recovery on the same port, bastion gone without a word, ${CARRIERS[index]?.name ?? ''}`
        rows.push(atMost(what, median(took), MOST_MS, seconds))
      })
      return rows
    } finally {
      for (const {running} of tunnels) running.child.kill('SIGINT')
      await Promise.all(tunnels.map(({running}) => running.ended))
    }
  },
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

async function open(sandbox: Sandbox, carrier: Readonly<Record<string, string>>): Promise<Tunnel> {
  const {AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, AWS_SESSION_TOKEN: ___, ...env} = sandbox.env()
  const {HOME: home = ''} = env
  writeKeys(sandbox, home)
  const reason = `recovery-${home}`
  const words = ['open', 'prod-db', '--resolve', 'hostaddr', '--reason', reason]
  const running = start(words, {env: {...env, ...carrier, AWS_PROFILE: 'work'}, detached: true})
  const port = await until(
    'the block',
    () => Number(/PGPORT=(\d+)[^]*PGPASSFILE/.exec(running.stdout())?.[1]) || undefined,
  )
  return {running, port, reason, home}
}

/** Asks the database again and again; `answer` resolves to when it first did after a moment. */
function keepAsking({port, running}: Tunnel, host: string, authorities: string, stop: AbortSignal) {
  const asked = {port, host, authorities, verifyName: true, talk, timeoutMs: 20_000}
  let noted = (_: number): void => {}
  const ask = async (): Promise<void> => {
    while (!stop.aborted) {
      const askedAt = performance.now()
      const {kind} = await prober.probe(asked, stop)
      if (kind === 'answered') noted(askedAt)
      await sleep(50)
    }
  }
  void ask().catch(() => {})
  return {
    /** One that was asked before may have been answered before. */
    answer: (after: number) => {
      const answered = new Promise<number>((resolve) => {
        noted = (askedAt) => {
          if (askedAt >= after) resolve(performance.now())
        }
      })
      return withDeadline(answered, PATIENCE_MS, () => new Error(`no answer; dbtunnel said: ${running.stderr()}`))
    },
  }
}

function endpointOf({account}: Sandbox): {readonly host: string} {
  const host = account.databases.find(({id}) => id === 'prod-db')?.host
  if (host === undefined) throw new Error('the sandbox has no prod-db')
  return {host}
}

function sessionsOf({sessions}: Sandbox, tunnels: readonly Tunnel[]): readonly string[] {
  return sessions
    .open()
    .flatMap(({id, reason}) => (tunnels.some((one) => reason?.startsWith(`${one.reason} `)) ? [id] : []))
}

function endSessions(sandbox: Sandbox, tunnels: readonly Tunnel[]): void {
  for (const id of sessionsOf(sandbox, tunnels)) sandbox.agents.terminate(id, 'Ended by the benchmark')
}

/** One bastion is left. */
function stopBusiest(sandbox: Sandbox, how: 'shut down' | 'crashed'): void {
  sandbox.stopMachine(sandbox.sessions.open()[0]?.target ?? '', how)
}

function writeKeys(sandbox: Sandbox, home: string): void {
  const {accessKeyId, secretKey, sessionToken = ''} = sandbox.keys.keysOf('alice')
  mkdirSync(join(home, '.aws'), {recursive: true})
  const keys = {aws_access_key_id: accessKeyId, aws_secret_access_key: secretKey, aws_session_token: sessionToken}
  const lines = Object.entries(keys).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(home, '.aws/credentials'), `[work]\n${lines.join('')}`)
}
