import type {Wakeup} from '../core/wakeup.js'
import {type DbtunnelError, fail, hasCode, isDbtunnelError} from '../core/errors.js'
import {nodeName} from '../core/grammars.js'
import type {Clock} from '../core/ports/clock.js'
import type {LocalNetworks} from '../core/ports/network.js'
import type {Run} from '../core/run.js'
import type {Link} from '../links/link.js'
import {tellOutage} from './tell-outage.js'
import type {Tunnel} from './tunnel.js'
import type {OpenedSession} from './connector.js'

/** For an answer of the database through a session that has worked. */
const PROBE_MS = 5000
/** Between two such questions. */
const REST_MS = 1000
/** A program that hears nothing for so long may never. */
const UNANSWERED_MS = 5000
/** So soon where nothing else tells whether the bastion lives; and the agent there acknowledges within milliseconds. */
const UNHEARD_MS = 1000
/** So long the database may take to answer before another session is opened beside. */
const SILENT_MS = 1000
/**
 * An agent with as much unread by the database acknowledges nothing, of any connection (4 MiB, agent source 1c217c8), and
 * yet nothing is lost: a program that sends it so much may have to wait for the lock that holds the database up.
 */
const MUCH_UNANSWERED = 1024 * 1024
const HELD_UP_MS = 60_000

/** So often the surroundings are looked at, and programs while there are some. */
const LOOK_MS = 2000
const LOOK_AT_PROGRAMS_MS = 250
/** A timer that is so much too late has slept with its machine. */
const SLEPT_MS = 10_000
/** Session Manager's idle timeout is a minute at least, 20 by default. */
const KEEP_ALIVE_MS = 50_000

export interface Loss {
  readonly error: DbtunnelError
  /** Session Manager has ended the session. */
  readonly byService?: boolean
  /** The database does not answer through it: the bastion may be to blame. */
  readonly byProbe?: boolean
  /** It answers through this one. */
  readonly other?: OpenedSession
}

export interface Watch {
  readonly clock: Clock
  readonly networks: LocalNetworks
  /** Rung when there is a reason to ask the database. */
  readonly doubt: Wakeup
  readonly keepAlive: boolean
  readonly run: Run
  /** Called whenever the database has answered. */
  readonly proven: () => void
  /** Opens another session, by preference on another bastion. */
  readonly openOther: (run: Run) => Promise<OpenedSession>
}

type Watched = Pick<Tunnel, 'localEnd' | 'connector'>

/**
 * Resolves when a session leads to the database no longer: it has ended, or the database does not answer through it. The
 * database is asked only when something gives reason to. Where nothing comes through the session, another one is opened
 * beside it, and whichever hears from the database first is the tunnel's: so neither does a bastion that has died hold
 * the tunnel up, nor is a slow one given up for nothing. By then the session is closed.
 */
export async function untilLost(opened: OpenedSession, tunnel: Watched, watch: Watch): Promise<Loss> {
  const {session} = opened
  const over = new AbortController()
  const stop = AbortSignal.any([over.signal, watch.run.signal])
  // What was in doubt was the one before it.
  watch.doubt.hush()
  let ended: Loss | undefined
  const end = session.closed.then(({error = closed(), byService = false}) => (ended = {error, byService}))
  session.onResumed?.(() => watch.doubt.ring())
  let provenAt = watch.clock.now()
  const proven = (): void => {
    provenAt = watch.clock.now()
    watch.proven()
  }
  void tellOutage(session, watch.clock, (line) => watch.run.say.notice(line), stop)
  for (const looking of [watchSurroundings(() => provenAt, watch, stop), watchPrograms(opened, tunnel, watch, stop)])
    void looking.catch(() => {})
  const disproof = (async (): Promise<Loss> => {
    for (;;) {
      await watch.doubt.next(stop)
      watch.run.say.debug(`session ${session.id}: is the database still there?`)
      await session.check()
      const loss = await ask(opened, tunnel, {...watch, proven}, stop)
      if (loss) return {...loss, ...ended}
      await watch.clock.sleep(REST_MS, stop)
    }
  })()
  let loss: Loss | undefined
  try {
    return (loss = await Promise.race([end, disproof]))
  } finally {
    over.abort(closed())
    // Another session may have come up in the same moment.
    void disproof.then((late) => (late === loss ? undefined : late.other?.taken.undo())).catch(() => {})
    await session.close()
  }
}

/** Undefined when the session leads to the database, as far as can be told. */
async function ask(opened: OpenedSession, tunnel: Watched, watch: Watch, stop: AbortSignal): Promise<Loss | undefined> {
  const {localEnd, connector} = tunnel
  const {run, proven} = watch
  const {session} = opened
  const {bytesDown} = localEnd.traffic
  const isHeldUp = (): boolean => localEnd.mostUnanswered > MUCH_UNANSWERED
  const isSilent = (): boolean =>
    localEnd.traffic.bytesDown === bytesDown && (session.unheard?.() ?? Infinity) >= UNHEARD_MS && !isHeldUp()

  const decided = new AbortController()
  const signal = AbortSignal.any([stop, decided.signal])
  const answer = connector.prove(opened, isHeldUp() ? HELD_UP_MS : PROBE_MS, {signal, say: run.say}).then(
    (): undefined => void proven(),
    (error: unknown): Loss | undefined => {
      stop.throwIfAborted()
      // Others hear from it: it is only slow.
      const isAlive = hasCode(error, 'TIMEOUT') && localEnd.traffic.bytesDown > bytesDown
      return isAlive ? undefined : {error: asLoss(error), byProbe: true}
    },
  )
  const opening = openBeside(isSilent, watch, signal)
  let other: OpenedSession | undefined
  try {
    other = await Promise.race([answer.then(() => undefined), opening])
    return other ? {error: unheardOf(session), other} : await answer
  } finally {
    decided.abort(closed())
    answer.catch(() => {})
    // Both count once, so both are asked.
    if (!other) void opening.then((late) => late?.taken.undo())
  }
}

/** Another session, proven, while the old one says nothing at all. Never rejects. */
async function openBeside(
  isSilent: () => boolean,
  {clock, run, openOther}: Watch,
  signal: AbortSignal,
): Promise<OpenedSession | undefined> {
  try {
    await clock.sleep(SILENT_MS, signal)
    if (!isSilent()) return undefined
    run.say.debug('nothing comes through it: another session is opened beside')
    const other = await openOther({...run, signal})
    if (isSilent()) return other
    await other.taken.undo()
  } catch (error) {
    if (!signal.aborted) run.say.debug(`no other session: ${(error as Error).message}`)
  }
  return undefined
}

async function watchSurroundings(
  provenAt: () => number,
  {clock, networks, doubt, keepAlive}: Watch,
  stop: AbortSignal,
): Promise<never> {
  let [lookedAt, network] = [clock.now(), networks.fingerprint()]
  for (;;) {
    await clock.sleep(LOOK_MS, stop)
    const [now, other] = [clock.now(), networks.fingerprint()]
    const hasSlept = now - lookedAt > LOOK_MS + SLEPT_MS
    const isDue = keepAlive && now - provenAt() >= KEEP_ALIVE_MS
    if (hasSlept || isDue || other !== network) doubt.ring()
    ;[lookedAt, network] = [now, other]
  }
}

/** A database that takes its time looks like a bastion that has died, unless the carrier shows what the agent acknowledges. */
async function watchPrograms(
  {session}: OpenedSession,
  {localEnd}: Watched,
  {clock, doubt}: Watch,
  stop: AbortSignal,
): Promise<never> {
  for (;;) {
    await localEnd.visit(stop)
    await clock.sleep(LOOK_AT_PROGRAMS_MS, stop)
    const isUnheard = (session.unheard?.() ?? 0) >= UNHEARD_MS
    // Both count once, so both are asked.
    const isUnanswered = localEnd.isUnanswered(session.unheard ? UNANSWERED_MS : UNHEARD_MS)
    const isStalled = !session.unheard && localEnd.isStalled(UNANSWERED_MS)
    if (isUnheard || isUnanswered || isStalled) doubt.ring()
  }
}

function unheardOf({via: {bastion}}: Link): DbtunnelError {
  return fail('TUNNEL_LOST', `Nothing arrives through bastion ${nodeName(bastion)} any more.`)
}

function closed(): DbtunnelError {
  return fail('TUNNEL_LOST', 'The session was closed.')
}

/** Why a session does not count as one any more. */
function asLoss(error: unknown): DbtunnelError {
  return isDbtunnelError(error) ? error : fail('TUNNEL_LOST', 'The session stopped responding.', {cause: error})
}
