import {type ErrorCode, hasCode} from '../core/errors.js'
import {nodeName} from '../core/grammars.js'
import type {Run} from '../core/run.js'
import {partOf} from '../core/teardown.js'
import type {Discovery} from './discovery/discover.js'
import type {DiscoveryCache} from './discovery/cache.js'
import type {OpenedSession, Connector} from './connector.js'

/**
 * Failures that yesterday's answers may be to blame for: the bastion was replaced or this role may not use it, the
 * database has moved, stopped, lets nobody in any more or has another server in its place. Not: credentials, throttling, the network here, local ports.
 */
export const MAY_BE_STALE: readonly ErrorCode[] = [
  'ACCESS_DENIED',
  'AWS_FAILED',
  'BASTION_NONE',
  'DATABASE_UNREACHABLE',
  'IAM_LOGIN_OFF',
  'LOGIN_REFUSED',
  'PROTOCOL',
  'SESSION_FAILED',
  'TIMEOUT',
  'TLS_IDENTITY',
  'TUNNEL_LOST',
]

/** Of the time that is left: what is silent now may only have moved. */
const WARM_SHARE = 1 / 2

/** Cut down to what is needed here, for tests. */
type Opened = Pick<OpenedSession, 'discovery' | 'session'>

export interface Ways<T extends Opened> extends Pick<Connector, 'discover'> {
  open(discovery: Discovery, timeoutMs: number, run: Run): Promise<T>
  timeLeft(): number
}

/**
 * Opens a session on `discovery`. When that was cached and may be out of date, all that was taken is undone, AWS is
 * asked, and a session is opened on its answer: once. A second failure is told, as any failure of a cold run.
 */
export async function openWarmOrCold<T extends Opened>(
  discovery: Discovery,
  discoveryCache: DiscoveryCache,
  connector: Ways<T>,
  run: Run,
): Promise<T> {
  if (discovery !== discoveryCache.cached) return connector.open(discovery, connector.timeLeft(), run)
  const attempt = partOf(run.undo)
  let why: string
  let failure: unknown
  try {
    const opened = await connector.open(discovery, connector.timeLeft() * WARM_SHARE, {...run, undo: attempt})
    if (discoveryCache.isOfSameCaller(opened.session)) return opened
    why = 'It was found out for another person.'
  } catch (error) {
    if (run.signal.aborted || !hasCode(error, ...MAY_BE_STALE)) throw error
    why = error.message
    failure = error
    run.say.debug(`cache: out of date? [${error.code}] ${error.message}`)
  }
  await Promise.all([attempt.undo(), discoveryCache.forget()])
  const fresh = await connector.discover(run)
  // What was silent or shut would be so again, and there is nobody else to try.
  if (hasCode(failure, 'DATABASE_UNREACHABLE', 'TIMEOUT') && isSame(fresh, discovery)) throw failure
  const opened = await connector.open(fresh, connector.timeLeft(), run)
  // What has been shown of the steps so far may be of the database as it was.
  const {name} = discovery.target
  run.say.notice(`${name} is not what the cache says: ${why} AWS was asked again: ${whereIs(opened)}.`)
  return opened
}

/** The same database, by the same bastions. */
function isSame(one: Discovery, other: Discovery): boolean {
  const factsOf = ({target: {endpoint}, bastions}: Discovery): string =>
    JSON.stringify([endpoint.host, endpoint.port, bastions.map(({id}) => id).toSorted()])
  return factsOf(one) === factsOf(other)
}

function whereIs({discovery, session}: Opened): string {
  const {host, port} = discovery.target.endpoint
  return `${host}:${port}, by bastion ${nodeName(session.via.bastion)}`
}
