import {clientEnvironment} from '../databases/postgres/environment.js'
import {readPsqlArguments} from '../clients/psql/arguments.js'
import {hasPrompt, promptWords} from '../clients/psql/prompt.js'
import {findPsql} from '../clients/psql/find.js'
import {mayBeRefused} from '../databases/postgres/refused-login.js'
import type {FlagValues} from '../settings/read.js'
import type {Settings} from '../settings/settings.js'
import type {AwsApi} from '../core/ports/aws.js'
import type {AuditPort} from '../core/ports/audit.js'
import type {LocalNetworks} from '../core/ports/network.js'
import type {Person} from '../core/ports/person.js'
import type {SignalPort} from '../core/ports/signals.js'
import type {Progress} from '../core/ports/progress.js'
import type {Say} from '../core/run.js'
import {spokenName} from '../targets/parse-target.js'
import {auditTrail} from '../tunnel/observers/audit.js'
import {explainRefusal} from '../tunnel/explain-refusal.js'
import {connectionOf, openTunnel, type TunnelPorts} from '../tunnel/open-tunnel.js'
import {readRequest, type RequestSources} from './request/read-request.js'
import {withReason} from './request/ask-reason.js'
import {runClient, statusOf} from '../clients/run-client.js'
import {signIn} from './request/sign-in.js'
import {supervise} from '../core/supervise.js'
import {tendTunnel} from '../tunnel/watch-for-client.js'

export interface PsqlRequest {
  readonly target: string
  readonly flags: FlagValues
  /** psql's own words, in order. */
  readonly words: readonly string[]
  /** All words behind `psql`, for a line to type again. */
  readonly typed: readonly string[]
}

export interface PsqlPorts extends Omit<TunnelPorts, 'aws'> {
  readonly audit: AuditPort
  readonly person: Person
  readonly networks: LocalNetworks
  readonly awsFor: (settings: Settings) => AwsApi
  readonly sources: RequestSources
  readonly signals: SignalPort
  readonly say: Say
  readonly platform: NodeJS.Platform
  readonly hasTerminal: boolean
}

/**
 * Opens a tunnel, runs psql through it and undoes everything. Returns psql's
 * status. Rejects, before any AWS call where possible, with what the stages reject with.
 */
export async function psql(request: PsqlRequest, ports: PsqlPorts, progress: Progress): Promise<number> {
  const {flags, target, words, typed} = request
  const own = {user: flags.user, database: flags.database}
  const {argv, ...login} = readPsqlArguments(words, own)
  const {name, settings: asked} = await readRequest({target, flags: {...flags, ...login}}, ports.sources)
  const label = spokenName(name)
  const file = await findPsql(ports.process, ports.files, ports.platform)

  const trail = auditTrail(ports)

  const ran = supervise(ports, async (run) => {
    const settings = await withReason({target: label, settings: asked, command: 'psql', typed}, ports.person, run)
    const aws = ports.awsFor(settings)
    await signIn(aws, ports, run)
    const tunnel = await openTunnel({name, settings, command: 'psql', client: 'libpq'}, {...ports, aws}, progress, run)
    // Whoever asked for it knows.
    if (tunnel.mapping.via === 'hostaddr' && settings.resolve === 'auto') run.say.notice(tunnel.mapping.why)
    const env = clientEnvironment(ports.environment, {target: label, ...connectionOf(tunnel, settings)})
    const prompt = ports.person.isInteractive && hasPrompt(argv) ? promptWords(label, settings) : []
    tendTunnel(tunnel, 'psql', ports, run)
    await trail.start({command: 'psql', target: name.text, settings, tunnel})
    const startedAt = ports.clock.now()
    const end = await runClient({spec: {file, argv: [...prompt, ...argv], env}, signals: 'keys'}, ports, run)
    if (mayBeRefused(end, ports.clock.now() - startedAt)) {
      await explainRefusal(file, tunnel, settings, {...ports, aws}, run)
    }
    return statusOf(end)
  })
  return trail.end(ran, (status) => status)
}
