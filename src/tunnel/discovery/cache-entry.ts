import type {Bastion} from '../../bastions/bastion.js'
import {kindOf} from '../../bastions/kind-of.js'
import {databaseKindOf} from '../../databases/kind-of.js'
import {type Fields, ID, list, maybe, record, TEXT, word} from '../../core/read-json.js'
import {DATABASE_NAME, isHostName, isPort} from '../../core/grammars.js'
import type {CallerIdentity, Endpoint} from '../../core/ports/aws.js'
import type {Target} from '../../targets/target.js'
import type {Discovery, DiscoveryRequest} from './discover.js'

/** A discovery of an earlier run. */
export interface CacheEntry extends Discovery {
  /** What the ids of its caller's sessions began with. */
  readonly sessionsOf: string
  /** Milliseconds since the epoch. */
  readonly savedAt: number
}

/** Raised whenever what is written means something else. */
const VERSION = 1
const DAY_MS = 24 * 60 * 60_000
/** In order of preference: the others will not be missed. */
const MOST_BASTIONS = 10

/** No secret is in it: names, ids and an address that Describe calls would tell the same person again. */
export function writeCacheEntry({target, bastions, caller, sessionsOf, savedAt}: CacheEntry): string {
  const {databaseKind, endpoint, resourceId, vpcId, zone, defaultDatabase, securityGroupIds} = target
  return JSON.stringify({
    version: VERSION,
    savedAt,
    sessionsOf,
    target: {engine: databaseKind, endpoint, resourceId, vpcId, zone, defaultDatabase, securityGroupIds},
    bastions: bastions.slice(0, MOST_BASTIONS),
    caller,
  })
}

/**
 * Reads what `writeCacheEntry` wrote. A file can be damaged, or made by someone: each value is held to the grammar of
 * its kind, for it goes where AWS's own answers go. Throws with what is wrong.
 */
export function readCacheEntry(text: string, {name, settings}: DiscoveryRequest, now: number): CacheEntry {
  const entry = record(JSON.parse(text), 'entry')
  if (entry['version'] !== VERSION) throw new Error('it is in the form of another version')
  const savedAt = Number(entry['savedAt'])
  // Written in the future: the clock was set back, and nothing tells how old it is.
  if (!(savedAt <= now && now - savedAt < DAY_MS)) throw new Error('it is more than a day old')
  const target = readTarget(record(entry['target'], 'target'))
  if (name.kind === 'endpoint' && name.host !== target.endpoint.host) throw new Error('it is of another endpoint')
  const bastions = list(entry['bastions'], 'bastions', (one) => readBastion(one, kindOf(settings.bastion).nodeId))
  if (bastions.length === 0) throw new Error('it names no bastion')
  const caller = entry['caller'] === undefined ? undefined : readCaller(record(entry['caller'], 'caller'))
  if (caller === undefined && settings.user === undefined) throw new Error('it does not say who asked')
  return {
    target: {...target, name: name.text, region: settings.region, profile: settings.profile},
    bastions,
    caller,
    sessionsOf: word(entry, 'sessionsOf', PLAIN),
    savedAt,
  }
}

const VERSION_NUMBER = /^[0-9][0-9.]{0,30}$/
/** What IAM allows in the name of a user or a session, and what its session ids begin with. */
const PLAIN = /^[\w+=,.@][\w+=,.@-]{0,127}$/
const ARN = /^arn:[^\s\p{Cc}]{1,250}$/u

function readTarget(fields: Fields): Omit<Target, 'name' | 'region' | 'profile'> {
  const databaseKind = word(fields, 'engine', ID)
  if (databaseKindOf(databaseKind)?.id !== databaseKind) {
    throw new Error(`there is no database kind ${JSON.stringify(databaseKind)}`)
  }
  return {
    databaseKind,
    endpoint: readEndpoint(record(fields['endpoint'], 'endpoint')),
    resourceId: maybe(fields, 'resourceId', ID),
    vpcId: maybe(fields, 'vpcId', ID),
    zone: maybe(fields, 'zone', ID),
    defaultDatabase: word(fields, 'defaultDatabase', DATABASE_NAME),
    securityGroupIds: list(fields['securityGroupIds'], 'securityGroupIds', (id) => word({id}, 'id', ID)),
  }
}

function readEndpoint(fields: Fields): Endpoint {
  const host = word(fields, 'host', TEXT)
  const port = Number(fields['port'])
  if (!isHostName(host)) throw new Error('host is no host name')
  if (!isPort(port)) throw new Error('port is not a valid port')
  return {host, port}
}

function readBastion(value: unknown, nodeId: RegExp): Bastion {
  const fields = record(value, 'bastion')
  return {
    id: word(fields, 'id', nodeId),
    name: maybe(fields, 'name', TEXT),
    zone: maybe(fields, 'zone', ID),
    agentVersion: maybe(fields, 'agentVersion', VERSION_NUMBER),
  }
}

function readCaller(fields: Fields): CallerIdentity {
  return {
    account: word(fields, 'account', /^\d{12}$/),
    arn: word(fields, 'arn', ARN),
    name: word(fields, 'name', PLAIN),
  }
}
