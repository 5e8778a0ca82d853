import {fail} from '../core/errors.js'
import type {DatabaseKind} from '../databases/database-kind.js'
import {databaseKindOf, databaseLabels} from '../databases/kind-of.js'
import {DATABASE_NAME} from '../core/grammars.js'
import type {Endpoint, RdsApi} from '../core/ports/aws.js'
import {type Found, lookUp} from './describe.js'
import {shellLine} from '../core/text/shell-line.js'
import type {EndpointTarget, TargetName} from './parse-target.js'
import type {ResolveInput} from './resolve-input.js'
import type {Place, Target} from './target.js'
import {unknownTarget} from './unknown-target.js'

/** What RDS knows of a name, in whatever state it is, and how to open it. */
export interface FoundDatabase {
  readonly found: Found
  readonly kind: DatabaseKind
}

/** Rejects with TARGET_UNKNOWN and the closest names, with ENGINE_UNSUPPORTED, or as the RDS port does. */
export async function findDatabase(
  name: TargetName,
  input: Pick<ResolveInput, 'region' | 'configured' | 'groups'>,
  rds: RdsApi,
  signal: AbortSignal,
): Promise<FoundDatabase> {
  if (name.kind === 'endpoint' && name.of === 'shard-group') throw shardGroup(name)
  const found = await lookUp(name, rds, signal)
  if (!found) throw await unknownTarget(name, input, rds, signal)
  const kind = databaseKindOf(found.owner.engine)
  if (kind) return {found, kind}
  throw fail('ENGINE_UNSUPPORTED', `${name.text} runs ${found.owner.engine}, which dbtunnel does not support.`, {
    hint: `It supports ${databaseLabels()}, on RDS and Aurora.`,
  })
}

/** RDS does not say which cluster a shard group's endpoint belongs to in what dbtunnel may ask. */
function shardGroup({host, port = 5432}: EndpointTarget): Error {
  return fail('TARGET_INVALID', `${host} is the endpoint of a shard group, which dbtunnel does not look up.`, {
    hint: `Give all of it: ${shellLine([`${host}:${port}`, '--user', 'NAME', '--bastion', 'INSTANCE_ID'])}`,
  })
}

/** Where it is, which is known of a database that does not run, too. */
export function placeOf(
  name: TargetName,
  {found}: FoundDatabase,
  input: Pick<ResolveInput, 'region' | 'profile'>,
): Place {
  return {
    name: name.text,
    resourceId: found.owner.resourceId,
    region: input.region,
    profile: input.profile,
    vpcId: found.instance?.vpcId,
    zone: found.instance?.zone,
  }
}

/** Rejects with PROTOCOL where RDS calls the database what no database is called: clients take that name from us. */
export function targetAt(place: Place, {found, kind}: FoundDatabase, endpoint: Endpoint): Target {
  const databaseName = found.owner.databaseName || kind.defaultDatabase
  if (!DATABASE_NAME.test(databaseName)) {
    throw fail('PROTOCOL', `RDS gave ${place.name} a database name that is not valid: ${JSON.stringify(databaseName)}.`)
  }
  return {
    ...place,
    databaseKind: kind.id,
    endpoint,
    defaultDatabase: databaseName,
    securityGroupIds: found.instance?.securityGroupIds ?? [],
    masterUser: found.owner.masterUser,
  }
}
