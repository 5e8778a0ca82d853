import {setMaxListeners} from 'node:events'
import {divertForAll} from '../../core/divert-for-all.js'
import {eachOf} from '../../core/each-of.js'
import {fail} from '../../core/errors.js'
import type {Ports} from '../../core/ports/ports.js'
import {type ExecOutcome, statusOfAll} from '../../core/results/exec-outcome.js'
import {supervise} from '../../core/supervise.js'
import type {FlagValues} from '../../settings/read.js'
import {approveAll} from '../request/approval.js'
import {prepare, signInToAll} from '../request/prepare.js'
import {readGroupLeads, readRequests} from '../request/read-request.js'
import {execOneOfMany, type OneOfMany} from './one-of-many.js'
import {locateProgram} from './program.js'
import {share} from './share.js'

export interface ExecManyRequest {
  /** As they were typed: groups, patterns and targets. */
  readonly named: readonly string[]
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

export interface ExecManyView {
  /** Called for each, as it ends. */
  ended(outcome: ExecOutcome): void
  /** Called once, when all is over: for all targets, in the order in which they were named. */
  over(outcomes: readonly ExecOutcome[]): void
}

/**
 * Runs a program for each of several databases, a few at a time, each through a tunnel of its own. One that fails holds
 * up no other. Returns 0 when all succeeded, else the status of the first in the list that failed. Rejects, before any
 * AWS call, with what the command line is refused with, and when the run is ended by a signal.
 */
export async function execMany(request: ExecManyRequest, ports: Ports, view: ExecManyView): Promise<number> {
  const {flags, command, outputFolder: folder, words} = request
  const [, ...argv] = command
  const targets = [...new Set(request.targets)]
  const requests = await readRequests({targets, flags}, ports.sources)
  const ofGroups = await readGroupLeads(request, ports.sources)
  if (requests.some(({settings}) => settings.localPort !== 0)) throw onePort()
  const program = await locateProgram(words, command, ports)
  if (folder !== undefined) await ports.outputFolder.prepare(folder, targets)
  const outcomes: ExecOutcome[] = targets.map((target) => ({target, end: {kind: 'not-started'}, tookMs: 0}))

  try {
    await supervise(ports, async (run) => {
      // As many as there are at a time: that is no leak.
      setMaxListeners(0, run.signal)
      const prepared = await prepare(requests, {command: 'exec', typed: [...words, '--', ...command]}, ports, run)
      await signInToAll(prepared, run)
      const unsettled = await approveAll(prepared, ofGroups, ports, run)
      const all = prepared.map((one, index) => ({...one, target: targets[index] ?? ''}))
      const shared = {program, argv, unsettled, ...(await share(all, program, folder, ports, run))}
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

function onePort(): Error {
  return fail('USAGE', '--local-port cannot be used with several databases.', {
    hint: 'Remove --local-port and unset DBTUNNEL_LOCAL_PORT: each database gets a free port, which is in DBTUNNEL_PORT.',
  })
}
