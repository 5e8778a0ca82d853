import type {Bastion} from '../bastion/bastion.js'
import type {Settings} from '../config/settings.js'
import {fail, hasCode} from '../core/errors.js'
import type {SsmApi} from '../core/ports/aws.js'
import type {ProbeRequest} from '../core/ports/network.js'
import type {Run} from '../core/run.js'
import type {Target} from '../resolve/target.js'
import {awaitDatabase, type DatabasePorts} from './await-database.js'
import type {Session, SessionEngine} from './session.js'
import {probeFailure, unreachable} from './session-failure.js'
import {startSession} from './start-session.js'

/** Of the whole time. The stages before have had theirs, and only here is it known who does not answer. */
const SHARE = 3 / 4

export interface SessionRequest {
  readonly target: Target
  /** In order of preference. */
  readonly bastions: readonly Bastion[]
  readonly settings: Settings
  /** PEM certificates of the authorities to trust. */
  readonly authorities: string
  readonly preamble: ProbeRequest['preamble']
  /** In order of preference. */
  readonly engines: readonly SessionEngine[]
}

export interface SessionPorts extends DatabasePorts {
  readonly aws: {readonly ssm: Pick<SsmApi, 'startSession' | 'terminateSession'>}
}

/**
 * Opens a session on the first bastion that is connected, and waits until the
 * database has answered through it. Rejects with BASTION_NONE,
 * DATABASE_UNREACHABLE, TLS_IDENTITY, PROTOCOL, TIMEOUT, or what StartSession or the engine rejects with. What was taken is
 * on `run.undo`.
 */
export async function openSession(request: SessionRequest, ports: SessionPorts, run: Run): Promise<Session> {
  const {settings} = request
  const deadline = ports.clock.now() + settings.timeoutMs * SHARE
  const timeLeft = (): number => Math.max(deadline - ports.clock.now(), 1)

  const session = await carry(request, timeLeft, ports, run)
  await proveDatabase(session, request, timeLeft, ports, run)
  return session
}

/** Asks the database through this session. Rejects with DATABASE_UNREACHABLE, TLS_IDENTITY, PROTOCOL, TIMEOUT, or why the session has ended. */
export async function proveDatabase(
  session: Session,
  {target, settings, authorities, preamble}: Pick<SessionRequest, 'target' | 'settings' | 'authorities' | 'preamble'>,
  timeLeft: () => number,
  ports: DatabasePorts,
  {signal, say}: Pick<Run, 'signal' | 'say'>,
): Promise<void> {
  const verifyName = settings.sslmode === 'verify-full'
  const question = {host: target.endpoint.host, authorities, verifyName, preamble}
  const failedBefore = session.failedDials?.() ?? 0
  const outcome = await awaitDatabase(session, question, timeLeft, ports, signal).catch((error: unknown) => {
    throw nameTheHop(error, target, session.bastion)
  })
  const failed = (session.failedDials?.() ?? 0) - failedBefore
  if (outcome.kind !== 'answered') throw probeFailure(outcome, target, session.bastion, failed)
  say.debug(`${target.endpoint.host} answered with ${outcome.tls} through session ${session.id}`)
}

/** With the first engine, and with the next one and a new session when the plugin proves unusable. */
async function carry(request: SessionRequest, timeLeft: () => number, ports: SessionPorts, run: Run): Promise<Session> {
  const {target, bastions, settings} = request
  const [engine, ...others] = request.engines
  if (!engine) throw fail('INTERNAL', 'No session engine was chosen.')
  const started = await startSession({target, bastions, settings, timeLeft}, ports.aws.ssm, run)
  const {grant, bastion} = started
  run.say.debug(`session ${grant.sessionId} on ${bastion.id}, carried by the ${engine.id} engine`)
  const {region, profile} = settings
  try {
    return await engine.open({grant, bastion, region, profile, request: started.request, timeoutMs: timeLeft()}, run)
  } catch (error) {
    if (!hasCode(error, 'PLUGIN_UNUSABLE') || others.length === 0) throw nameTheHop(error, target, bastion)
    run.say.notice(`${error.message} Going on without it.`)
    // Its failure, if any, is told when all is undone.
    void started.terminate().catch(() => {})
    return carry(
      {...request, engines: others, bastions: bastions.slice(bastions.indexOf(bastion))},
      timeLeft,
      ports,
      run,
    )
  }
}

/** An engine knows that the database is out of reach, but not which rule would mend it. */
function nameTheHop(error: unknown, target: Target, bastion: Bastion): unknown {
  return hasCode(error, 'DATABASE_UNREACHABLE') ? unreachable(target, bastion, error.message, error) : error
}
