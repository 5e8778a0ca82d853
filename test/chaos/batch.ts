import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {readTunnelRecord} from '../../src/core/results/tunnel-record.js'
import {marksIn, withoutLines} from '../../src/hosts/lines.js'
import type {Sandbox} from '../sandbox/sandbox.js'
import {run, start} from '../support/dbtunnel.js'
import type {People, Person} from './people.js'
import {type Plan, textOf} from './plan.js'
import {type Found, processesOf} from './processes.js'

const HOSTS = '/etc/hosts'
/** All undoing may take 2 s; the rest is for a busy machine. */
const END_MS = 10_000
/** Of a plugin whose dbtunnel was killed. */
const ORPHAN_MS = 5000
/** Of a line whose owner has gone. */
const LINE_MS = 1000
const LOOK_MS = 50

export interface Result {
  /** What should not have been left, one line each. */
  readonly violations: readonly string[]
  /** Of the plans, those whose victim was there when its moment came. */
  readonly hit: readonly Plan[]
}

/** Runs them at once, each disturbed as planned, and starts once more for each person. */
export async function runBatch(plans: readonly Plan[], people: People, sandbox: Sandbox): Promise<Result> {
  const before = readFileSync(HOSTS)
  const violations: string[] = []
  const outcomes = await watching(before, violations, () =>
    Promise.all(plans.map((plan) => runOne(plan, people.program, violations))),
  )
  // Root's dbtunnel, or a helper, that was killed cannot take its line out any more.
  const excused = new Set(outcomes.flatMap(({unableOwners}) => unableOwners))
  const late = (): string[] =>
    marksIn(readFileSync(HOSTS))
      .filter(({owner}) => !excused.has(owner.pid))
      .map(({owner}) => `a line of process ${owner.pid} in ${HOSTS}, ${LINE_MS} ms after all had ended`)
  violations.push(...(await leftAfter(LINE_MS, late)))

  for (const person of people.all) violations.push(...(await startAgain(person, people.program)))
  const left = (): string[] => [
    ...(readFileSync(HOSTS).equals(before) ? [] : [`${HOSTS} is not what it was after the next start`]),
    ...sandbox.sessions.open().map(({id, reason}) => `session ${id} (${reason ?? ''}) is open after the next start`),
    ...people.all.flatMap(({env}) => filesOf(env).map((file) => `${file} is left after the next start`)),
  ]
  violations.push(...(await leftAfter(LINE_MS, left)))
  return {violations, hit: plans.filter((_, index) => outcomes[index]?.wasHit)}
}

interface Outcome {
  readonly wasHit: boolean
  /** Those that were killed with a line in the hosts file, perhaps, and nobody to take it out. */
  readonly unableOwners: readonly number[]
}

async function runOne(plan: Plan, program: string, violations: string[]): Promise<Outcome> {
  const {id, command, person, carrier, victim, signal, afterMs} = plan
  const marks = {AWS_SDK_UA_APP_ID: id, DBTUNNEL_REASON: id}
  const env = {...person.env, ...carrier.env, ...marks, PSQLRC: '/dev/null'}
  const running = start(command.words, {env, uid: person.uid, detached: true, program})
  const pid = running.child.pid ?? 0
  let isOver = false
  void running.ended.then(() => {
    isOver = true
  })
  const unableOwners: number[] = []

  await (command.name === 'open --detach' ? sleep(afterMs) : Promise.race([sleep(afterMs), running.ended]))
  const found = victimOf(victim, processesOf(id, pid))
  if (found !== undefined) {
    if (signal === 'SIGKILL' && (victim === 'helper' || (victim === 'dbtunnel' && person.hosts === 'direct')))
      unableOwners.push(found)
    kill(found, signal)
  }
  // A tunnel may outlive the death of its plugin; then it has its turn to end.
  await Promise.race([sleep(500), running.ended])
  for (const one of dbtunnelsOf(processesOf(id, pid))) kill(one.pid, 'SIGTERM')
  const tooLong = (): string[] => (isOver ? [] : ['dbtunnel has not ended'])
  const orphans = (): string[] => processesOf(id, pid).map((one) => `${one.pid} ${one.command} is left`)
  const wrong = [...(await leftAfter(END_MS, tooLong)), ...(await leftAfter(ORPHAN_MS, orphans))]
  for (const one of processesOf(id, pid)) kill(one.pid, 'SIGKILL')
  violations.push(...wrong.map((what) => `${textOf(plan)}: ${what}`))
  return {wasHit: found !== undefined, unableOwners}
}

function victimOf(victim: Plan['victim'], found: readonly Found[]): number | undefined {
  // With --detach the one in the background, once it is there.
  if (victim === 'dbtunnel') return dbtunnelsOf(found).at(-1)?.pid
  const pattern = victim === 'plugin' ? /session-manager-plugin .*StartSession/ : /hosts-helper/
  // Of sudo and what it started, the latter.
  return found.findLast(({command}) => pattern.test(command) && !/^\S*sudo /.test(command))?.pid
}

function dbtunnelsOf(found: readonly Found[]): Found[] {
  return found.filter(({command}) => command.includes('/bin/run.js '))
}

/** A whole run that nobody disturbs: it works, and takes out what others have left. */
async function startAgain(person: Person, program: string): Promise<string[]> {
  const words = ['psql', 'prod-db', '-Atc', 'select 1']
  const env = {...person.env, DBTUNNEL_ENGINE: 'native', PSQLRC: '/dev/null'}
  const {status, stdout, stderr} = await run(words, {env, uid: person.uid, detached: true, program})
  return status === 0 && stdout === '1\n' ? [] : [`the next start of ${person.name} ended with ${status}: ${stderr}`]
}

/** Looks at the hosts file all the while: what is not ours is there, byte for byte, at every moment. */
async function watching<T>(before: Buffer, violations: string[], work: () => Promise<T>): Promise<T> {
  let isOver = false
  const looking = (async () => {
    while (!isOver) {
      const now = readFileSync(HOSTS)
      if (!withoutLines(now, () => true).equals(before)) {
        violations.push(`${HOSTS} held, for a moment: ${JSON.stringify(now.toString('latin1'))}`)
        return
      }
      await sleep(2)
    }
  })()
  try {
    return await work()
  } finally {
    isOver = true
    await looking
  }
}

/** What is still there when this time has passed, counted in pauses: a machine that is busy is as slow in these. */
async function leftAfter(timeMs: number, look: () => string[]): Promise<string[]> {
  for (let waited = 0; waited < timeMs && look().length > 0; waited += LOOK_MS) await sleep(LOOK_MS)
  return look()
}

function filesOf(env: Readonly<Record<string, string>>): string[] {
  const list = (folder: string): string[] => {
    try {
      return readdirSync(folder).map((name) => join(folder, name))
    } catch {
      return []
    }
  }
  // The log of a tunnel in the background stays for a week: whoever looks for the reason of its end needs it. So does
  // the audit log, for ever.
  const isState = (file: string): boolean => !/\.(log|jsonl)$/.test(file)
  const states = list(join(env['HOME'] ?? '', '.local/state/dbtunnel')).filter(isState)
  return [...list(env['TMPDIR'] ?? ''), ...states.filter((file) => !isToBeLookedFor(file))]
}

/** Of one that was killed before AWS had its StartSession: a later start looks again, for AWS's list may lag. */
function isToBeLookedFor(file: string): boolean {
  try {
    const {sessions, asked, failure} = readTunnelRecord(readFileSync(file, 'utf8'))
    return sessions.length === 0 && asked.length > 0 && failure === undefined
  } catch {
    return false
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}
