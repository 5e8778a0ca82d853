import {programEnvironment} from '../../databases/postgres/environment.js'
import {isLibpqClient} from '../../databases/postgres/programs.js'
import {withDeadline} from '../../core/deadline.js'
import {isDbtunnelError} from '../../core/errors.js'
import type {ExecOutcome} from '../../core/results/exec-outcome.js'
import type {AuditPort} from '../../core/ports/audit.js'
import type {AwsApi} from '../../core/ports/aws.js'
import type {HostsPort} from '../../core/ports/hosts.js'
import type {OutputFiles} from '../../core/ports/output.js'
import type {ApartProcess, ProcessSpec} from '../../core/ports/process.js'
import type {Progress} from '../../core/ports/progress.js'
import type {Run, Say} from '../../core/run.js'
import {partOf} from '../../core/teardown.js'
import {spokenName} from '../../targets/parse-target.js'
import {auditTrail, type AuditTrail} from '../../tunnel/observers/audit.js'
import {connectionOf, openTunnelOfMany, type TunnelPorts} from '../../tunnel/open-tunnel.js'
import type {TargetRequest} from '../request/read-request.js'
import {relayLines} from './relay-lines.js'
import {statusOf} from '../../clients/run-client.js'
import type {SharedOutput} from './shared-output.js'
import {tendTunnel} from '../../tunnel/watch-for-client.js'

/** Within the undo budget. */
const GRACE_MS = 1000

export interface OneOfMany extends TargetRequest {
  /** As it was named. */
  readonly target: string
  readonly program: Pick<ProcessSpec, 'file' | 'argv'> & {readonly name: string}
}

/** What all of them share. */
export interface ManyPorts extends Omit<TunnelPorts, 'aws'> {
  readonly audit: AuditPort
  readonly aws: (request: TargetRequest) => AwsApi
  readonly hosts: HostsPort
  /** Told why the hosts file does not lead to a database. */
  readonly tellUnmapped: (why: string) => void
  /** Where output goes: to files of one's own, else to our own streams. */
  readonly outputFiles?: ((target: string) => Promise<OutputFiles>) | undefined
  readonly outputs: {readonly stdout: SharedOutput; readonly stderr: SharedOutput}
}

/**
 * Opens a tunnel, runs the program through it and undoes it; the session at AWS ends beside what comes next. Resolves
 * to what became of it, and rejects only when the whole run is over.
 */
export async function execOneOfMany(one: OneOfMany, ports: ManyPorts, run: Run): Promise<ExecOutcome['end']> {
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
    const trail = auditTrail({...ports, say: own.say})
    const status = await trail.end(runProgram(one, ports, trail, own), (status) => status)
    return {kind: 'ended', status}
  } catch (error) {
    run.signal.throwIfAborted()
    if (!isDbtunnelError(error)) throw error
    return {kind: 'failed', error}
  } finally {
    run.signal.removeEventListener('abort', stop)
    await undo.undo()
  }
}

async function runProgram(one: OneOfMany, ports: ManyPorts, trail: AuditTrail, run: Run): Promise<number> {
  const {target, program, settings} = one
  const {name} = program
  const request = {...one, command: 'exec', client: isLibpqClient(name) ? 'libpq' : 'any'} as const
  const within = {...ports, aws: ports.aws(one)}
  const tunnel = await openTunnelOfMany(ports.hosts, request, within, quiet(run.say), run)
  if (tunnel.mapping.via === 'hostaddr' && settings.resolve === 'auto') ports.tellUnmapped(tunnel.mapping.why)
  tendTunnel(tunnel, name, ports, run)
  await trail.start({command: 'exec', target: one.name.text, settings, tunnel})
  const connection = {target: spokenName(one.name), ...connectionOf(tunnel, settings)}
  const env = programEnvironment(ports.environment, connection)
  const files = await ports.outputFiles?.(target)
  try {
    const client = await startApart({...program, env}, files, ports, run)
    await Promise.all([relay(client, target, ports), client.ended])
    run.signal.throwIfAborted()
    return statusOf(await client.ended)
  } finally {
    await files?.close()
  }
}

async function startApart(
  spec: ProcessSpec,
  files: OutputFiles | undefined,
  {process}: Pick<ManyPorts, 'process'>,
  run: Run,
): Promise<ApartProcess> {
  run.signal.throwIfAborted()
  run.undo.push('program', 'local', async () => {
    const client = await starting.catch(() => undefined)
    if (!client) return
    // No terminal tells it.
    client.kill(codeOf(run.signal.reason) === 'INTERRUPTED' ? 'SIGINT' : 'SIGTERM')
    await withDeadline(client.ended, GRACE_MS, () => new Error('late')).catch(() => client.kill('SIGKILL'))
  })
  const starting = process.spawnApart(spec, files)
  return starting
}

/** Where nobody reads any more, the program finds its output closed, as if it had written there itself. */
async function relay({output}: ApartProcess, target: string, {outputs}: Pick<ManyPorts, 'outputs'>): Promise<void> {
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
function quiet(say: Say): Progress {
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
