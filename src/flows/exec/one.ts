import {basename} from 'node:path'
import {programEnvironment} from '../../databases/postgres/environment.js'
import {guardCaveat} from '../../databases/postgres/guard-rails.js'
import {isLibpqClient} from '../../databases/postgres/programs.js'
import {mayBeRefused} from '../../databases/postgres/refused-login.js'
import type {FlagValues} from '../../settings/read.js'
import type {Progress} from '../../core/ports/progress.js'
import {spokenName} from '../../targets/parse-target.js'
import {auditTrail} from '../../tunnel/observers/audit.js'
import {explainRefusal} from '../../tunnel/explain-refusal.js'
import {mappingCommand} from '../../hosts/retry-command.js'
import {connectionOf, openTunnel} from '../../tunnel/open-tunnel.js'
import type {PsqlPorts} from '../psql.js'
import {readRequest} from '../request/read-request.js'
import {withReason} from '../request/ask-reason.js'
import {runClient, statusOf} from '../../clients/run-client.js'
import {signIn} from '../request/sign-in.js'
import {supervise} from '../../core/supervise.js'
import {tendTunnel} from '../../tunnel/watch-for-client.js'

export interface ExecRequest {
  readonly target: string
  readonly flags: FlagValues
  /** The program's name, and its words. */
  readonly command: readonly [string, ...string[]]
  /** dbtunnel's own words, for a command to type again. */
  readonly words: readonly string[]
}

/**
 * Opens a tunnel, runs any program with the way to it in its environment, and undoes everything. Returns the program's
 * status. Rejects, before any AWS call where possible, with what the stages reject with.
 */
export async function exec(
  {target, flags, command, words}: ExecRequest,
  ports: Omit<PsqlPorts, 'platform'>,
  progress: Progress,
): Promise<number> {
  const [program, ...argv] = command
  const {name, settings: asked} = await readRequest({target, flags}, ports.sources)
  const label = spokenName(name)
  const file = await ports.process.locate(program)

  const trail = auditTrail(ports)

  const ran = supervise(ports, async (run) => {
    const why = {target: label, settings: asked, command: 'exec', typed: [...words, '--', ...command]} as const
    const settings = await withReason(why, ports.person, run)
    const aws = ports.awsFor(settings)
    await signIn(aws, ports, run)
    const client = isLibpqClient(program) ? 'libpq' : 'any'
    const tunnel = await openTunnel({name, settings, command: 'exec', client}, {...ports, aws}, progress, run)
    const {mapping} = tunnel
    if (mapping.via === 'hostaddr' && settings.resolve === 'auto') {
      run.say.notice(client === 'libpq' ? mapping.why : `${mapping.why}\n  ${mappingCommand('exec', words, command)}`)
    }
    if (settings.readOnly && client === 'any') run.say.notice(guardCaveat(program))
    tendTunnel(tunnel, program, ports, run)
    await trail.start({command: 'exec', target: name.text, settings, tunnel})
    const env = programEnvironment(ports.environment, {target: label, ...connectionOf(tunnel, settings)})
    const startedAt = ports.clock.now()
    const end = await runClient({spec: {file, name: program, argv, env}, signals: 'all'}, ports, run)
    // What other programs mean by their statuses is not known.
    const mayKnow = basename(program) === 'psql'
    if (mayKnow && mayBeRefused(end, ports.clock.now() - startedAt)) {
      await explainRefusal(file, tunnel, settings, {...ports, aws}, run)
    }
    return statusOf(end)
  })
  return trail.end(ran, (status) => status)
}
