import type {Bastion} from '../../bastions/bastion.js'
import type {TlsMode} from '../../databases/tls-mode.js'
import {fail, hasCode} from '../../core/errors.js'
import type {SsmApi} from '../../core/ports/aws.js'
import type {Conversation, ProbeOutcome} from '../../core/ports/network.js'
import type {Run, Say} from '../../core/run.js'
import type {Target} from '../../targets/target.js'
import {awaitDatabase, type DatabasePorts, type Reach} from '../probe-database.js'
import type {Link, Carrier} from '../link.js'
import {probeFailure, type Seen, unreachable} from '../probe-failure.js'
import {startSession} from './start-session.js'
import {atMost, STEP_LIMITS, type StepLimits} from './step-limits.js'
import {watchDial} from './watch-dial.js'
import {openByFirst, type Way} from './way.js'

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
  readonly limits?: StepLimits | undefined
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
 * Opens a session by the first bastion and carrier that lead to the database, and waits until the database has answered
 * through it. Rejects with BASTION_NONE, DATABASE_UNREACHABLE, TLS_IDENTITY, PROTOCOL, TIMEOUT, or what StartSession or the
 * carrier rejects with. What was taken is on `run.undo`.
 */
export async function openSession(request: SessionRequest, ports: SessionPorts, run: Run): Promise<Link> {
  const deadline = ports.clock.now() + request.settings.timeoutMs * SHARE
  const timeLeft = (): number => Math.max(deadline - ports.clock.now(), 1)
  const open = async (way: Way, within: Run): Promise<Link> => {
    const session = await carry(way, request, timeLeft, ports, within)
    checkAnswer(await askFirst(session, request, way, timeLeft, ports, within), session, request, within.say)
    return session
  }
  return openAdvised(request, open, timeLeft, ports, run)
}

/** Opens a session by the first bastion and carrier that can, and asks the database nothing. Rejects as `openSession` does. */
export async function carrySession(
  request: SessionRequest,
  timeLeft: () => number,
  ports: SessionPorts,
  run: Run,
): Promise<Link> {
  const open = (way: Way, within: Run): Promise<Link> => carry(way, request, timeLeft, ports, within)
  return openAdvised(request, open, timeLeft, ports, run)
}

/** As `openByFirst`; a database out of reach of the last bastion is told with its likely cause. */
async function openAdvised(
  {target, bastions, carriers}: SessionRequest,
  open: (way: Way, run: Run) => Promise<Link>,
  timeLeft: () => number,
  ports: ProofPorts,
  run: Run,
): Promise<Link> {
  let last: Bastion | undefined
  const noted = (way: Way, within: Run): Promise<Link> => {
    last = way.bastion
    return open(way, within)
  }
  try {
    return await openByFirst(bastions, carriers, noted, run, {timeLeft, account: target})
  } catch (error) {
    throw last ? await advised(error, target, last, ports, run.signal) : error
  }
}

export interface Question extends Pick<SessionRequest, 'target' | 'settings' | 'authorities' | 'talk'> {
  /** What is known already of the way to the database; more is noted there. */
  readonly reach?: Reach | undefined
}

/** Asks the database through this session. Rejects with DATABASE_UNREACHABLE, TLS_IDENTITY, PROTOCOL, TIMEOUT, or why the session has ended. */
export async function proveDatabase(
  session: Link,
  question: Question,
  timeLeft: () => number,
  ports: ProofPorts,
  {signal, say}: Pick<Run, 'signal' | 'say'>,
): Promise<void> {
  checkAnswer(await askDatabase(session, question, timeLeft, ports, signal), session, question, say)
}

/** What the database has answered, and what is known of the way there. */
export interface Answer extends Seen {
  readonly outcome: ProbeOutcome
}

function checkAnswer({outcome, ...seen}: Answer, {id, via}: Link, {target}: Question, say: Pick<Say, 'debug'>): void {
  if (outcome.kind !== 'answered') throw probeFailure(outcome, target, via.bastion, seen)
  say.debug(`${target.endpoint.host} answered with ${outcome.tls} through session ${id}`)
}

/** Whether nothing at all came from the database. */
export function hasNoAnswer({kind}: ProbeOutcome): boolean {
  return kind === 'closed' || kind === 'silent'
}

/** How the database answers through this session; and how many connections the agent says have failed. */
export async function askDatabase(
  session: Link,
  {target, settings, authorities, talk, reach}: Question,
  timeLeft: () => number,
  ports: ProofPorts,
  signal: AbortSignal,
): Promise<Answer> {
  const verifyName = settings.sslmode === 'verify-full'
  const question = {host: target.endpoint.host, authorities, verifyName, talk}
  const failedBefore = session.failedDials?.() ?? 0
  const outcome = await awaitDatabase(session, question, timeLeft, ports, signal, reach).catch((error: unknown) => {
    throw nameTheHop(error, target, session.via.bastion)
  })
  const failedDials = (session.failedDials?.() ?? 0) - failedBefore
  return {outcome, failedDials, isConnected: reach?.isConnected}
}

async function carry(
  {bastion, carrier, hasOther}: Way,
  {target, settings, limits = STEP_LIMITS}: SessionRequest,
  timeLeft: () => number,
  ports: SessionPorts,
  run: Run,
): Promise<Link> {
  const {region, profile} = settings
  const {grantMs} = atMost(limits, timeLeft())
  const {grant, request} = await startSession({target, bastion, settings, grantMs}, ports.aws.ssm, run)
  run.say.debug(`session ${grant.sessionId} on ${bastion.id}, carried by the ${carrier.id} carrier`)
  const {webSocketMs, handshakeMs} = limitsOf(hasOther, limits, timeLeft())
  const carried = {grant, bastion, region, profile, request, limits: {webSocketMs, handshakeMs}}
  return carrier.open(carried, run).catch((error: unknown) => {
    throw nameTheHop(error, target, bastion)
  })
}

/** Where the other carrier is still to have its time within the same quarter of a minute, this one has less. */
const BEFORE_ANOTHER = 5 / 8

function limitsOf(hasOther: boolean, limits: StepLimits, timeLeft: number): StepLimits {
  const {webSocketMs, handshakeMs, dialMs, ...rest} = atMost(limits, timeLeft)
  const share = hasOther ? BEFORE_ANOTHER : 1
  return {...rest, webSocketMs: webSocketMs * share, handshakeMs: handshakeMs * share, dialMs: dialMs * share}
}

/** Of the time that is left: who does not answer then has a name. */
const DIAL_SHARE = 9 / 10

/**
 * As `askDatabase`, through a new session: whether the agent gets a connection to the database has a limit of its own. Rejects
 * with DATABASE_UNREACHABLE or TIMEOUT, too, when it is over.
 */
export async function askFirst(
  session: Link,
  {target, limits = STEP_LIMITS, ...question}: Question & Pick<SessionRequest, 'limits'>,
  {hasOther}: Pick<Way, 'hasOther'>,
  timeLeft: () => number,
  ports: ProofPorts,
  {signal, say}: Pick<Run, 'signal' | 'say'>,
): Promise<Answer> {
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const reach: Reach = {isHeard: () => false, isConnected: false}
  const answer = askDatabase(session, {...question, target, reach}, timeLeft, ports, stop)
  const shares = limitsOf(hasOther, limits, timeLeft() * DIAL_SHARE)
  const dial = watchDial(session, {target, reach, limits: shares, timeLeft}, ports.clock, say, stop)
  try {
    return await Promise.race([answer, dial])
  } finally {
    over.abort(fail('SESSION_FAILED', 'The session was given up.'))
    // Whichever came second has nothing to add.
    for (const late of [answer, dial]) late.catch(() => {})
  }
}

/** A carrier knows that the database is out of reach, but not which database that is. */
function nameTheHop(error: unknown, target: Target, bastion: Bastion): unknown {
  return hasCode(error, 'DATABASE_UNREACHABLE') ? unreachable(target, bastion, error.message, error) : error
}

/** The same failure, with what has been seen to be its cause, where that can be looked at. */
async function advised(
  failure: unknown,
  target: Target,
  bastion: Bastion,
  {adviceOn}: ProofPorts,
  signal: AbortSignal,
): Promise<unknown> {
  if (!hasCode(failure, 'DATABASE_UNREACHABLE')) return failure
  const hint = await adviceOn?.(target, bastion, signal).catch(() => undefined)
  return hint === undefined ? failure : fail(failure.code, failure.message, {hint, cause: failure.cause})
}
