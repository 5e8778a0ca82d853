import {setMaxListeners} from 'node:events'
import {fail} from '../../core/errors.js'
import {type ExecOutcome, statusOfAll} from '../../core/results/exec-outcome.js'
import type {FlagValues} from '../../settings/read.js'
import type {OutputFolderPort, OutputStream} from '../../core/ports/output.js'
import type {Signal} from '../../core/ports/signals.js'
import type {Run} from '../../core/run.js'
import {openHosts} from '../../hosts/choose-writer.js'
import {guardCaveat} from '../../databases/postgres/guard-rails.js'
import {isLibpqClient} from '../../databases/postgres/programs.js'
import {execOneOfMany, type ManyPorts, type OneOfMany} from './one-of-many.js'
import {mappingCommand} from '../../hosts/retry-command.js'
import {sweepBeside} from '../../tunnel/open-tunnel.js'
import {tellObstacle} from '../../tunnel/listener/guard-port.js'
import type {PsqlPorts} from '../psql.js'
import {readRequests, type TargetRequest} from '../request/read-request.js'
import {withOneReason} from '../request/ask-reason.js'
import {sharedAws} from './shared-aws.js'
import {sharedHosts} from './shared-hosts.js'
import {sharedOutput} from './shared-output.js'
import {signIn} from '../request/sign-in.js'
import {supervise} from '../../core/supervise.js'

export interface ExecManyRequest {
  readonly targets: readonly string[]
  readonly flags: FlagValues
  readonly command: readonly [string, ...string[]]
  /** How many run at a time. */
  readonly parallel: number
  /** Whether none is started any more once one has failed. */
  readonly failFast: boolean
  /** Path of a folder; without one, output goes to our own streams, each line with its target before it. */
  readonly outputFolder?: string | undefined
  /** dbtunnel's own words, for a command to type again. */
  readonly words: readonly string[]
}

export interface ExecManyPorts extends Omit<PsqlPorts, 'platform' | 'hasTerminal'> {
  readonly outputFolder: OutputFolderPort
  readonly outputs: {readonly stdout: OutputStream; readonly stderr: OutputStream}
}

export interface ExecManyView {
  /** Called for each, as it ends. */
  ended(outcome: ExecOutcome): void
  /** Called once, when all is over: for all targets, in the order in which they were named. */
  over(outcomes: readonly ExecOutcome[]): void
}

/**
 * Runs a program for each of several databases, a few at a time, each through a tunnel of its own. One that fails holds
 * up no other. Returns 0 when all are well, else the status of the first in the list that is not. Rejects, before any
 * AWS call, with what the command line is refused with, and when the run is ended by a signal.
 */
export async function execMany(request: ExecManyRequest, ports: ExecManyPorts, view: ExecManyView): Promise<number> {
  const {flags, command, outputFolder: folder} = request
  const [name, ...argv] = command
  const targets = [...new Set(request.targets)]
  const requests = await readRequests({targets, flags}, ports.sources)
  if (requests.some(({settings}) => settings.localPort !== 0)) throw onePort()
  const program = {file: await ports.process.locate(name), name, argv}
  if (folder !== undefined) await ports.outputFolder.prepare(folder, targets)
  const asked = requests.map((one, index) => ({...one, target: targets[index] ?? '', program}))
  const outcomes: ExecOutcome[] = targets.map((target) => ({target, end: {kind: 'not-started'}, tookMs: 0}))

  try {
    await supervise(ports, async (run) => {
      // As many as there are at a time: that is no leak.
      setMaxListeners(0, run.signal)
      const all = await withOneReason(asked, [...request.words, '--', ...command], ports.person, run)
      const shared = await share(all, request, ports, run)
      const divert = divertForAll(run)
      let hasFailed = false
      const work = async (one: OneOfMany, index: number): Promise<void> => {
        if (hasFailed && request.failFast) return
        const startedAt = ports.clock.now()
        const note = (end: ExecOutcome['end']): ExecOutcome =>
          (outcomes[index] = {target: one.target, end, tookMs: ports.clock.now() - startedAt})
        note({kind: 'interrupted'})
        const end = await execOneOfMany(one, shared, {...run, divert})
        hasFailed ||= end.kind !== 'ended' || end.status !== 0
        view.ended(note(end))
      }
      await eachOf(all, request.parallel, work)
    })
  } finally {
    view.over(outcomes)
  }
  return statusOfAll(outcomes)
}

async function share(
  all: readonly OneOfMany[],
  request: ExecManyRequest,
  ports: ExecManyPorts,
  run: Run,
): Promise<ManyPorts> {
  const folder = request.outputFolder
  const accounts = new Map<string, ReturnType<ExecManyPorts['awsFor']>>()
  const aws = ({settings}: TargetRequest): ReturnType<ExecManyPorts['awsFor']> => {
    const key = JSON.stringify([settings.profile, settings.region])
    const known = accounts.get(key) ?? sharedAws(ports.awsFor(settings), all.length, ports.clock, run)
    accounts.set(key, known)
    return known
  }
  // A person can answer one question at a time.
  for (const account of new Set(all.map(aws))) await signIn(account, ports, run)
  const [closed = all[0]] = all.filter(({settings}) => !settings.allowOtherUsers)
  if (closed) tellObstacle({...closed, command: 'exec'}, ports, run)
  sweepBeside(ports, run)
  // Asked for once, where any of them needs it.
  const modes = all.map(({settings}) => settings.resolve)
  const mode = modes.includes('hosts') ? 'hosts' : modes.includes('auto') ? 'auto' : 'hostaddr'
  const client = isLibpqClient(all[0]?.program.name ?? '') ? 'libpq' : 'any'
  const guarded = all.find(({settings}) => settings.readOnly)
  if (guarded && client === 'any') run.say.notice(guardCaveat(guarded.program.name))
  const hosts = sharedHosts(await openHosts({mode, client}, ports, run))
  const {stdout, stderr} = ports.outputs
  return {
    ...ports,
    aws,
    hosts,
    tellUnmapped: once((why) => {
      run.say.notice(client === 'libpq' ? why : `${why}\n  ${mappingCommand('exec', request.words, request.command)}`)
    }),
    outputFiles: folder === undefined ? undefined : (target) => ports.outputFolder.create(folder, target),
    outputs: {stdout: sharedOutput(stdout), stderr: sharedOutput(stderr)},
  }
}

/** Of what would be said of each, the first alone. */
function once(tell: (line: string) => void): (line: string) => void {
  let isTold = false
  return (line) => {
    if (!isTold) tell(line)
    isTold = true
  }
}

/** In their order, `width` at a time. The first that rejects ends it. */
async function eachOf<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index)
  }
  await Promise.all(Array.from({length: Math.min(width, items.length)}, worker))
}

/** A signal that is diverted goes to all that have asked for it. */
function divertForAll(run: Run): Run['divert'] {
  const takers = new Set<{readonly signals: readonly Signal[]; readonly take: (signal: Signal) => void}>()
  run.divert(['SIGCONT'], (signal) => {
    for (const {signals, take} of takers) if (signals.includes(signal)) take(signal)
  })
  return (signals, take) => {
    const taker = {signals, take}
    takers.add(taker)
    return () => void takers.delete(taker)
  }
}

function onePort(): Error {
  return fail('USAGE', 'One local port is not enough for several databases.', {
    hint: 'Leave --local-port and DBTUNNEL_LOCAL_PORT out: each has a free one, in DBTUNNEL_PORT and PGPORT.',
  })
}
