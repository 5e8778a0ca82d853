import {startApart} from '../../clients/run-apart.js'
import {debugProgress} from '../../core/debug-progress.js'
import {isDbtunnelError} from '../../core/errors.js'
import {partOfRun} from '../../core/part-of-run.js'
import type {HostsPort} from '../../core/ports/hosts.js'
import type {OutputFiles} from '../../core/ports/output.js'
import type {ApartProcess, ProcessEnd, ProcessSpec} from '../../core/ports/process.js'
import type {ExecOutcome} from '../../core/results/exec-outcome.js'
import type {Run} from '../../core/run.js'
import {withTunnel} from '../../tunnel/with-tunnel.js'
import type {Lead} from '../request/lead.js'
import type {PreparedTarget} from '../request/prepare.js'
import {fitFor, type Program, type ProgramRun, runProgram, takesAddress} from '../run-program.js'
import {relayLines} from './relay-lines.js'
import type {SharedOutput} from './shared-output.js'

export interface OneOfMany extends PreparedTarget {
  /** As it was named. */
  readonly target: string
}

/** What is opened once for all of them. */
export interface Shared {
  readonly hosts: HostsPort
  readonly notice: ProgramRun['notice']
  /** Where output goes: to files of one's own, else to our own streams. */
  readonly outputFiles?: ((target: string) => Promise<OutputFiles>) | undefined
  readonly outputs: {readonly stdout: SharedOutput; readonly stderr: SharedOutput}
}

export interface ManyRun extends Shared {
  readonly program: Program
  /** The program's words. */
  readonly argv: readonly string[]
  /** Where AWS has not said whether the team's file leads a database's name elsewhere, and why not. */
  readonly unsettled: ReadonlyMap<Lead, unknown>
}

/**
 * Opens a tunnel, runs the program through it and undoes it; the session at AWS ends beside what comes next. Resolves
 * to what became of it, and rejects only when the whole run is over.
 */
export async function execOneOfMany(one: OneOfMany, shared: ManyRun, run: Run): Promise<ExecOutcome['end']> {
  const own = partOfRun(one.target, run)
  try {
    return {kind: 'ended', status: await runOne(one, shared, own.run)}
  } catch (error) {
    run.signal.throwIfAborted()
    if (!isDbtunnelError(error)) throw error
    return {kind: 'failed', error}
  } finally {
    await own.end()
  }
}

async function runOne({target, ports, ...prepared}: OneOfMany, shared: ManyRun, run: Run): Promise<number> {
  const {lead} = prepared
  if (lead && shared.unsettled.has(lead)) throw shared.unsettled.get(lead)
  const {program, argv, hosts, notice, outputFiles, outputs} = shared
  const wish = {...prepared, command: 'exec', takesAddress: takesAddress(program), checkTarget: fitFor(program)}
  return withTunnel(wish, ports, {progress: debugProgress(run.say), hosts}, run, (tunnel) => {
    const start = async (spec: Pick<ProcessSpec, 'file' | 'env'>): Promise<ProcessEnd> => {
      const files = await outputFiles?.(target)
      try {
        const client = await startApart({...spec, name: program.name, argv}, files, ports, run)
        await Promise.all([relay(client, target, outputs), client.ended])
        run.signal.throwIfAborted()
        return await client.ended
      } finally {
        await files?.close()
      }
    }
    return runProgram(program, wish, tunnel, ports, {start, notice}, run)
  })
}

/** Where nobody reads any more, the program finds its output closed, as if it had written there itself. */
async function relay({output}: ApartProcess, target: string, outputs: ManyRun['outputs']): Promise<void> {
  if (!output) return
  const prefix = `${target}: `
  await Promise.all(
    (['stdout', 'stderr'] as const).map(async (name) => {
      await relayLines(output[name], prefix, outputs[name])
      output[name].destroy()
    }),
  )
}
