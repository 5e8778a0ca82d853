import type {Bastion} from '../../bastions/bastion.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import {nodeName} from '../../core/grammars.js'
import type {Clock} from '../../core/ports/clock.js'
import type {Say} from '../../core/run.js'
import {durationText} from '../../core/text/amounts.js'
import type {Target} from '../../targets/target.js'
import type {Link} from '../link.js'
import type {Reach} from '../probe-database.js'
import {unreachable} from '../probe-failure.js'
import type {StepLimits} from './step-limits.js'

/** What `watchDial` goes by. */
export interface DialWatch {
  readonly target: Target
  readonly reach: Reach
  readonly limits: Pick<StepLimits, 'dialMs' | 'quietMs'>
  /** For the database's answer, in milliseconds. */
  readonly timeLeft: () => number
}

/** The last part of the limit is for a connection that carries nothing. */
const QUIET_SHARE = 5 / 8

/**
 * While the database is asked through a new session: rejects with DATABASE_UNREACHABLE when the agent has no connection to it
 * in time, or TIMEOUT where the carrier does not show that. Where it has one, says that the database takes its time, and does not settle before `signal` aborts.
 */
export async function watchDial(
  session: Link,
  {target, reach, limits, timeLeft}: DialWatch,
  clock: Clock,
  say: Pick<Say, 'notice'>,
  signal: AbortSignal,
): Promise<never> {
  const {dialMs} = limits
  const quietMs = Math.min(limits.quietMs, dialMs * QUIET_SHARE)
  await clock.sleep(quietMs, signal)
  if (!reach.isHeard()) {
    if (session.dials) reach.isConnected = await session.dials(dialMs - quietMs)
    else await clock.sleep(dialMs - quietMs, signal)
    signal.throwIfAborted()
  }
  if (!reach.isConnected && !reach.isHeard()) {
    const {bastion} = session.via
    throw session.dials ? unreachable(target, bastion, whyOf(session, dialMs)) : noAnswer(target, bastion, dialMs)
  }
  reach.isConnected = true
  say.notice(
    `${target.name} has taken the connection, and not answered for ${durationText(quietMs)}: it may be waking up. Waiting for up to ${durationText(timeLeft())} more (--timeout).`,
  )
  return new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true})
  })
}

/** The plugin does not tell how far the question came. */
function noAnswer({endpoint: {host, port}}: Target, bastion: Bastion, ms: number): DbtunnelError {
  const message = `${host}:${port} gave no answer through bastion ${nodeName(bastion)} within ${durationText(ms)}.`
  return fail('TIMEOUT', message, {
    hint: [
      'The plugin does not tell whether the SSM agent there has a connection to the database; dbtunnel itself does: --engine native',
      'A database that was paused may be up by now: try again.',
    ].join('\n'),
  })
}

/** One sentence, of what was seen only. */
function whyOf({unheard, failedDials}: Link, ms: number): string {
  const within = `within ${durationText(ms)}`
  if ((unheard?.() ?? 0) > 0) return `The SSM agent there has acknowledged nothing ${within} after the handshake.`
  return (failedDials?.() ?? 0) > 0
    ? 'The SSM agent there says that the connection failed.'
    : `The SSM agent there got no connection to the database ${within}.`
}
