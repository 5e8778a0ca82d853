import type {AwsApi} from '../../core/ports/aws.js'
import type {Clock} from '../../core/ports/clock.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Say} from '../../core/run.js'
import type {Link} from '../../links/link.js'
import type {Discovery, DiscoveryRequest} from './discover.js'
import {noteOpened} from './name-history.js'
import {readCacheEntry, type CacheEntry, writeCacheEntry} from './cache-entry.js'

/** What earlier runs have found out about one database, for the run that asks now. */
export interface DiscoveryCache {
  readonly cached?: CacheEntry | undefined
  /** Whether this session, opened on what was cached, belongs to the person it was found out for. */
  isOfSameCaller(session: Link): boolean
  /** For later runs: what has just led to the database. */
  keep(discovery: Discovery, session: Link): Promise<void>
  forget(): Promise<void>
}

/**
 * An entry belongs to who asks and where (`aws.scope`: profile, role, SSO settings or key, region, endpoint URLs), the
 * target with what it stands for, and the bastion rule. Where any of that is not certain nothing is kept: neither read nor written.
 */
export async function openDiscoveryCache(
  request: DiscoveryRequest,
  ports: Pick<Ports, 'cache'> & {readonly aws: Pick<AwsApi, 'scope'>; readonly clock: Pick<Clock, 'now'>},
  say: Say,
): Promise<DiscoveryCache> {
  const {name, settings} = request
  const {cache, clock} = ports
  const obstacle = obstacleOf(request)
  const scope = obstacle === undefined ? await ports.aws.scope() : undefined
  if (scope === undefined) {
    say.debug(`cache: not used: ${obstacle ?? 'these credentials depend on more than settings'}`)
    return NONE
  }
  const key = JSON.stringify([scope, settings.region, name, settings.bastion])
  const cached = recall(await cache.read(key), request, clock.now(), say)
  return {
    cached,
    // The database's user is the caller's name. Another person may have logged in with the same settings (SSO, a
    // credential process): sessions are named after the person who starts them.
    isOfSameCaller: ({id}) => settings.user !== undefined || cached?.sessionsOf === ownerOf(id),
    async keep(discovery, {id}) {
      const remembered = {...discovery, sessionsOf: ownerOf(id), savedAt: clock.now()}
      await cache.write(key, writeCacheEntry(remembered))
      await noteOpened(name.text, cache)
    },
    forget: () => cache.remove(key),
  }
}

const NONE: DiscoveryCache = {isOfSameCaller: () => true, keep: async () => {}, forget: async () => {}}

function recall(text: string | undefined, request: DiscoveryRequest, now: number, say: Say): CacheEntry | undefined {
  const target = request.name.text
  if (text === undefined) {
    say.debug(`cache: nothing is known of ${target}`)
    return undefined
  }
  try {
    const remembered = readCacheEntry(text, request, now)
    say.debug(`cache: ${target} is known since ${new Date(remembered.savedAt).toISOString()}`)
    return remembered
  } catch (error) {
    say.debug(`cache: what is known of ${target} does not count: ${(error as Error).message}`)
    return undefined
  }
}

function obstacleOf({name, settings}: DiscoveryRequest): string | undefined {
  if (!settings.cache) return 'DBTUNNEL_CACHE is off'
  // Who stands for it depends on who is a reader or writer now: that is another one after a failover.
  const of = name.kind === 'endpoint' ? name.of : name.kind
  if (of === 'custom') return 'a custom endpoint is looked up each time'
  return of === 'global' ? 'the writer of a global database is looked up each time' : undefined
}

/** A session's id: the name of the IAM user or role session that started it, a hyphen, and a random word. */
function ownerOf(sessionId: string): string {
  return sessionId.replace(/-[^-]*$/, '')
}
