import type {Bastion} from '../../bastions/bastion.js'
import type {TlsMode} from '../../databases/tls-mode.js'
import {type DbtunnelError, fail, hasCode} from '../../core/errors.js'
import type {SsmApi} from '../../core/ports/aws.js'
import type {Conversation, ProbeOutcome} from '../../core/ports/network.js'
import type {Run} from '../../core/run.js'
import type {Target} from '../../targets/target.js'
import {awaitDatabase, type DatabasePorts} from '../probe-database.js'
import type {Link, Carrier} from '../link.js'
import {probeFailure, unreachable} from '../probe-failure.js'
import {startSession} from './start-session.js'

/** Of the whole time. The stages before have had theirs, and only here is it known who does not answer. */
const SHARE = 3 / 4

/** What a session has to know of how it was asked for. */
export interface SessionSettings {
  readonly region: string
  readonly profile?: string | undefined
  readonly sslmode: TlsMode
  readonly reason?: string | undefined
  /** For everything before the tunnel is ready, in milliseconds. */
  readonly timeoutMs: number
}

export interface SessionRequest {
  readonly target: Target
  /** In order of preference. */
  readonly bastions: readonly Bastion[]
  readonly settings: SessionSettings
  /** PEM certificates of the authorities to trust. */
  readonly authorities: string
  readonly talk: Conversation
  /** In order of preference. */
  readonly carriers: readonly Carrier[]
}

export interface ProofPorts extends DatabasePorts {
  /** Looks why this bastion cannot reach this database, and says what to do; undefined when that cannot be seen. */
  readonly adviceOn?:
    ((target: Target, bastion: Bastion, signal: AbortSignal) => Promise<string | undefined>) | undefined
}

export interface SessionPorts extends ProofPorts {
  readonly aws: {readonly ssm: Pick<SsmApi, 'startSession' | 'terminateSession'>}
}

/**
 * Opens a session on the first bastion that is connected, and waits until the
 * database has answered through it. Rejects with BASTION_NONE,
 * DATABASE_UNREACHABLE, TLS_IDENTITY, PROTOCOL, TIMEOUT, or what StartSession or the carrier rejects with. What was taken is
 * on `run.undo`.
 */
export async function openSession(request: SessionRequest, ports: SessionPorts, run: Run): Promise<Link> {
  const {settings} = request
  const deadline = ports.clock.now() + settings.timeoutMs * SHARE
  const timeLeft = (): number => Math.max(deadline - ports.clock.now(), 1)

  const session = await carrySession(request, timeLeft, ports, run)
  await proveDatabase(session, request, timeLeft, ports, run)
  return session
}

export type Question = Pick<SessionRequest, 'target' | 'settings' | 'authorities' | 'talk'>

/** Asks the database through this session. Rejects with DATABASE_UNREACHABLE, TLS_IDENTITY, PROTOCOL, TIMEOUT, or why the session has ended. */
export async function proveDatabase(
  session: Link,
  question: Question,
  timeLeft: () => number,
  ports: ProofPorts,
  {signal, say}: Pick<Run, 'signal' | 'say'>,
): Promise<void> {
  const {target} = question
  const {outcome, failedDials} = await askDatabase(session, question, timeLeft, ports, signal)
  if (outcome.kind === 'answered') {
    say.debug(`${target.endpoint.host} answered with ${outcome.tls} through session ${session.id}`)
    return
  }
  const failure = probeFailure(outcome, target, session.via.bastion, failedDials)
  throw hasNoAnswer(outcome) ? await advised(failure, target, session.via.bastion, ports, signal) : failure
}

/** Whether nothing at all came from the database. */
export function hasNoAnswer({kind}: ProbeOutcome): boolean {
  return kind === 'closed' || kind === 'silent'
}

/** How the database answers through this session; and how many connections the agent says have failed. */
export async function askDatabase(
  session: Link,
  {target, settings, authorities, talk}: Question,
  timeLeft: () => number,
  ports: ProofPorts,
  signal: AbortSignal,
): Promise<{readonly outcome: ProbeOutcome; readonly failedDials: number}> {
  const verifyName = settings.sslmode === 'verify-full'
  const question = {host: target.endpoint.host, authorities, verifyName, talk}
  const failedBefore = session.failedDials?.() ?? 0
  const outcome = await awaitDatabase(session, question, timeLeft, ports, signal).catch(async (error: unknown) => {
    throw await nameTheHop(error, target, session.via.bastion, ports, signal)
  })
  return {outcome, failedDials: (session.failedDials?.() ?? 0) - failedBefore}
}

/** With the first carrier, and with the next one and a new session when the plugin proves unusable. */
export async function carrySession(
  request: SessionRequest,
  timeLeft: () => number,
  ports: SessionPorts,
  run: Run,
): Promise<Link> {
  const {target, bastions, settings} = request
  const [carrier, ...others] = request.carriers
  if (!carrier) throw fail('INTERNAL', 'No carrier was chosen.')
  const started = await startSession({target, bastions, settings, timeLeft}, ports.aws.ssm, run)
  const {grant, bastion} = started
  run.say.debug(`session ${grant.sessionId} on ${bastion.id}, carried by the ${carrier.id} carrier`)
  const {region, profile} = settings
  try {
    return await carrier.open({grant, bastion, region, profile, request: started.request, timeoutMs: timeLeft()}, run)
  } catch (error) {
    if (!hasCode(error, 'PLUGIN_UNUSABLE') || others.length === 0) {
      throw await nameTheHop(error, target, bastion, ports, run.signal)
    }
    run.say.notice(`${error.message} Going on without it.`)
    // Its failure, if any, is told when all is undone.
    void started.terminate().catch(() => {})
    return carrySession(
      {...request, carriers: others, bastions: bastions.slice(bastions.indexOf(bastion))},
      timeLeft,
      ports,
      run,
    )
  }
}

/** A carrier knows that the database is out of reach, but not which rule would mend it. */
async function nameTheHop(
  error: unknown,
  target: Target,
  bastion: Bastion,
  ports: ProofPorts,
  signal: AbortSignal,
): Promise<unknown> {
  if (!hasCode(error, 'DATABASE_UNREACHABLE')) return error
  return advised(unreachable(target, bastion, error.message, error), target, bastion, ports, signal)
}

/** The same failure, with what has been seen to be its cause, where that can be looked at. */
async function advised(
  failure: DbtunnelError,
  target: Target,
  bastion: Bastion,
  {adviceOn}: ProofPorts,
  signal: AbortSignal,
): Promise<DbtunnelError> {
  const hint = await adviceOn?.(target, bastion, signal).catch(() => undefined)
  return hint === undefined ? failure : fail(failure.code, failure.message, {hint, cause: failure.cause})
}
