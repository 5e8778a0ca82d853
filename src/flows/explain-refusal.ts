import {explainRefusedLogin} from '../client/refused-login.js'
import {withDeadline} from '../core/deadline.js'
import {type ErrorCode, fail, hasCode} from '../core/errors.js'
import type {Run} from '../core/run.js'
import type {Login, Tunnel} from './open-tunnel.js'

/** psql has ended, and its user wants to know why before long. */
const LOOK_MS = 10_000

/** What RDS says of the database itself, and a run without a cache had said before psql was started. */
const PLAIN_CAUSES: readonly ErrorCode[] = [
  'DATABASE_UNAVAILABLE',
  'ENGINE_UNSUPPORTED',
  'IAM_LOGIN_OFF',
  'TARGET_INVALID',
  'TARGET_UNKNOWN',
]

/**
 * Why a login through this tunnel may have been refused, with what to do, for a notice. The database is forgotten; when it
 * was known from an earlier run, AWS is asked first. psql is not run a second time, whatever comes out: it may have been
 * logged in and lost its connection, and what it was to do may be half done.
 */
export async function explainRefusal(tunnel: Tunnel, run: Run): Promise<string> {
  let fresh: Login | undefined
  try {
    const late = (): Error => fail('TIMEOUT', 'AWS did not answer in time.')
    fresh = await withDeadline(tunnel.lookAgain(), LOOK_MS, late, run.signal)
  } catch (error) {
    run.signal.throwIfAborted()
    if (hasCode(error, ...PLAIN_CAUSES)) return [error.message, ...(error.hint?.split('\n') ?? [])].join('\n  ')
    run.say.debug(`not looked at again: ${String(error)}`)
  }
  const now = whereOf(fresh ?? tunnel)
  if (now !== whereOf(tunnel)) {
    return `${tunnel.target.name} was known from an earlier run, and has changed since: it is ${now} now. Run the command again.`
  }
  const {user, target, caller} = fresh ?? tunnel
  return explainRefusedLogin({user, region: target.region, resourceId: target.resourceId, caller})
}

function whereOf({target, database, user}: Login): string {
  return `${target.endpoint.host}:${target.endpoint.port}, database ${database}, user ${user}`
}
