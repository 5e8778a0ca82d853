import {databaseKind} from '../databases/kind-of.js'
import type {Settings} from '../settings/settings.js'
import {withDeadline} from '../core/deadline.js'
import {type DbtunnelError, type ErrorCode, fail, hasCode} from '../core/errors.js'
import type {AccountPorts} from '../core/ports/ports.js'
import type {Run} from '../core/run.js'
import {checkLogin} from './check-login.js'
import {connectionOf, type Login, type Tunnel} from './tunnel.js'

/** The client has ended, and its user wants to know why before long. */
const LOOK_MS = 10_000

/** What RDS says of the database itself, and a run without a cache had said before the client was started. */
const PLAIN_CAUSES: readonly ErrorCode[] = [
  'DATABASE_UNAVAILABLE',
  'ENGINE_UNSUPPORTED',
  'IAM_LOGIN_OFF',
  'TARGET_INVALID',
  'TARGET_UNKNOWN',
]

/** What IAM is asked by was slow, and nothing is wrong with the policy. */
const LET_IN_NOW = 'The database refused the login, and lets you in now: try again.'

type RefusalPorts = Pick<AccountPorts, 'aws' | 'clock' | 'process' | 'environment'>

/**
 * Says why a login through this tunnel was refused, and what mends it; nothing when one is let in now, or the database's
 * own words, which the client has shown, say it all. The database is forgotten; when it was known from an earlier
 * run, AWS is asked first. The user's command is not run a second time, whatever comes out: it may have been logged in and
 * lost its connection, and what it was to do may be half done. What logs in once more does nothing there.
 */
export async function explainRefusal(
  client: string,
  tunnel: Tunnel,
  settings: Pick<Settings, 'sslmode' | 'reason' | 'readOnly'>,
  ports: RefusalPorts,
  run: Run,
): Promise<void> {
  const why = await whyRefused(client, tunnel, settings, ports, run)
  if (why !== undefined) run.say.notice(why)
}

async function whyRefused(
  client: string,
  tunnel: Tunnel,
  settings: Pick<Settings, 'sslmode' | 'reason' | 'readOnly'>,
  ports: RefusalPorts,
  run: Run,
): Promise<string | undefined> {
  const late = (): Error => fail('TIMEOUT', 'There was no answer in time.')
  const inTime = <T>(work: Promise<T>): Promise<T> => withDeadline(work, LOOK_MS, late, run.signal)
  let fresh: Login | undefined
  try {
    fresh = await inTime(tunnel.lookAgain())
  } catch (error) {
    run.signal.throwIfAborted()
    if (hasCode(error, ...PLAIN_CAUSES)) return noticeOf(error)
    run.say.debug(`not looked at again: ${String(error)}`)
  }
  const now = whereOf(fresh ?? tunnel)
  if (now !== whereOf(tunnel)) {
    return `${tunnel.target.name} was known from an earlier run, and has changed since: it is ${now} now. Run the command again.`
  }
  try {
    const {user, target} = tunnel
    const kind = databaseKind(target.databaseKind)
    const {loginCheck} = kind
    if (!loginCheck) return undefined
    const connection = {target: target.name, ...connectionOf(tunnel, settings)}
    const [outcome, caller] = await inTime(
      Promise.all([
        checkLogin(client, kind, loginCheck, connection, ports, run.signal),
        fresh?.caller ?? tunnel.caller ?? ports.aws.sts.identity(run.signal).catch(() => undefined),
      ]),
    )
    if (outcome.kind === 'in') return outcome.atSecondTry && LET_IN_NOW
    if (outcome.kind === 'failed') return undefined
    const {region, resourceId, masterUser} = fresh?.target ?? target
    return noticeOf(kind.explainRefusal(outcome, {user, region, resourceId, caller, masterUser}))
  } catch (error) {
    run.signal.throwIfAborted()
    run.say.debug(`login not tried again: ${String(error)}`)
    return undefined
  }
}

function noticeOf({message, hint}: DbtunnelError): string {
  return [message, ...(hint?.split('\n') ?? [])].join('\n  ')
}

function whereOf({target, database, user}: Login): string {
  return `${target.endpoint.host}:${target.endpoint.port}, database ${database}, user ${user}`
}
