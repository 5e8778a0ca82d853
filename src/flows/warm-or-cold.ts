import {type ErrorCode, hasCode} from '../core/errors.js'
import type {Run} from '../core/run.js'
import {partOf} from '../core/teardown.js'
import type {Session} from '../session/session.js'
import type {Discovery} from './discover.js'
import type {Memory} from './memory.js'

/**
 * Failures that yesterday's answers may be to blame for: the bastion was replaced or this role may not use it, the
 * database has moved, stopped or has another server in its place. Not: credentials, throttling, the network here, local ports.
 */
const MAY_BE_STALE: readonly ErrorCode[] = [
  'ACCESS_DENIED',
  'AWS_FAILED',
  'BASTION_NONE',
  'DATABASE_UNREACHABLE',
  'PROTOCOL',
  'SESSION_FAILED',
  'TIMEOUT',
  'TLS_IDENTITY',
  'TUNNEL_LOST',
]

/** Of the time that is left: what is silent now may only have moved. */
const WARM_SHARE = 1 / 2

/** A verified session, and what it was opened on. */
interface Opened {
  readonly discovery: Discovery
  readonly session: Session
}

export interface Ways<T extends Opened> {
  /** Opens a verified session within `timeoutMs`; what it takes is on the undo stack of `run`. */
  open(discovery: Discovery, timeoutMs: number, run: Run): Promise<T>
  /** Asks AWS. */
  discover(run: Run): Promise<Discovery>
  timeLeft(): number
}

/**
 * Opens a session on `discovery`. When that was recalled and may be out of date, all that was taken is undone, AWS is
 * asked, and a session is opened on its answer: once. A second failure is told, as any failure of a cold run.
 */
export async function openWarmOrCold<T extends Opened>(
  discovery: Discovery,
  memory: Memory,
  ways: Ways<T>,
  run: Run,
): Promise<T> {
  if (discovery !== memory.recalled) return ways.open(discovery, ways.timeLeft(), run)
  const attempt = partOf(run.undo)
  let why: string
  try {
    const opened = await ways.open(discovery, ways.timeLeft() * WARM_SHARE, {...run, undo: attempt})
    if (memory.isOfSameCaller(opened.session)) return opened
    why = 'it was found out for someone else.'
  } catch (error) {
    if (run.signal.aborted || !hasCode(error, ...MAY_BE_STALE)) throw error
    why = error.message
    run.say.debug(`cache: out of date? ${error.code}`)
  }
  await Promise.all([attempt.undo(), memory.forget()])
  run.say.notice(
    `What was known of ${discovery.target.name} from an earlier run does not hold: ${why} Asking AWS again.`,
  )
  const fresh = await ways.discover(run)
  return ways.open(fresh, ways.timeLeft(), run)
}
