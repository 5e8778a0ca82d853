import {acquire} from '../../core/acquire.js'
import {withDeadline} from '../../core/deadline.js'
import {isDbtunnelError} from '../../core/errors.js'
import type {ExecOutcome} from '../../core/results/exec-outcome.js'
import type {HostsPort} from '../../core/ports/hosts.js'
import type {OutputFiles} from '../../core/ports/output.js'
import type {Ports} from '../../core/ports/ports.js'
import type {ApartProcess, ProcessEnd, ProcessSpec} from '../../core/ports/process.js'
import type {Progress} from '../../core/ports/progress.js'
import type {Run, Say} from '../../core/run.js'
import {partOf} from '../../core/teardown.js'
import {withTunnel} from '../../tunnel/with-tunnel.js'
import type {PreparedTarget} from '../request/prepare.js'
import {type Program, type ProgramRun, runProgram, takesAddress} from '../run-program.js'
import type {Lead} from '../request/lead.js'
import {relayLines} from './relay-lines.js'
import type {SharedOutput} from './shared-output.js'

/** Within the undo budget. */
const GRACE_MS = 1000

export interface OneOfMany extends PreparedTarget {
  /** As it was named. */
  readonly target: string
}

/** What all of them share. */
export interface ManyRun {
  readonly program: Program
  /** The program's words. */
  readonly argv: readonly string[]
  readonly hosts: HostsPort
  /** Where AWS has not said whether the team's file leads a database's name elsewhere, and why not. */
  readonly unsettled: ReadonlyMap<Lead, unknown>
  readonly notice: ProgramRun['notice']
  /** Where output goes: to files of one's own, else to our own streams. */
  readonly outputFiles?: ((target: string) => Promise<OutputFiles>) | undefined
  readonly outputs: {readonly stdout: SharedOutput; readonly stderr: SharedOutput}
}

/**
 * Opens a tunnel, runs the program through it and undoes it; the session at AWS ends beside what comes next. Resolves
 * to what became of it, and rejects only when the whole run is over.
 */
export async function execOneOfMany(one: OneOfMany, shared: ManyRun, run: Run): Promise<ExecOutcome['end']> {
  const undo = partOf(run.undo)
  const over = new AbortController()
  const stop = (): void => {
    over.abort(run.signal.reason)
    // All at once, and not one after another as the whole run would.
    void undo.undo()
  }
  run.signal.addEventListener('abort', stop)
  const own: Run = {
    ...run,
    // One that lasts no longer than this, and all that listens to it.
    signal: over.signal,
    undo,
    say: sayOf(one.target, run.say),
    divert(signals, take) {
      const restore = run.divert(signals, take)
      undo.push('signals', 'local', restore)
      return restore
    },
  }
  try {
    return {kind: 'ended', status: await runOne(one, shared, own)}
  } catch (error) {
    run.signal.throwIfAborted()
    if (!isDbtunnelError(error)) throw error
    return {kind: 'failed', error}
  } finally {
    run.signal.removeEventListener('abort', stop)
    await undo.undo()
  }
}

async function runOne({target, ports, ...prepared}: OneOfMany, shared: ManyRun, run: Run): Promise<number> {
  const {lead} = prepared
  if (lead && shared.unsettled.has(lead)) throw shared.unsettled.get(lead)
  const {program, argv, hosts, notice, outputFiles, outputs} = shared
  const wish = {...prepared, command: 'exec', takesAddress: takesAddress(program)}
  return withTunnel(wish, ports, {progress: untold(run.say), hosts}, run, (tunnel) => {
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

async function startApart(
  spec: ProcessSpec,
  files: OutputFiles | undefined,
  {process}: Pick<Ports, 'process'>,
  run: Run,
): Promise<ApartProcess> {
  run.signal.throwIfAborted()
  return acquire(run.undo, {
    title: 'program',
    take: () => process.spawnApart(spec, files),
    async giveBack(client) {
      // No terminal tells it.
      client.kill(codeOf(run.signal.reason) === 'INTERRUPTED' ? 'SIGINT' : 'SIGTERM')
      await withDeadline(client.ended, GRACE_MS, () => new Error('late')).catch(() => client.kill('SIGKILL'))
    },
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

function sayOf(target: string, say: Say): Say {
  return {
    notice: (line) => say.notice(`${target}: ${line}`),
    debug: (line) => say.debug(`${target}: ${line}`),
  }
}

/** Of a hundred databases nobody reads the steps. */
function untold(say: Say): Progress {
  let titles: readonly string[] = []
  let at = 0
  return {
    begin: (all) => void (titles = all),
    async step(work, detail) {
      const title = titles[at++] ?? ''
      const result = await work()
      say.debug(`${title}: ${detail(result)}`)
      return result
    },
    end: async () => {},
  }
}

function codeOf(reason: unknown): string | undefined {
  return isDbtunnelError(reason) ? reason.code : undefined
}
