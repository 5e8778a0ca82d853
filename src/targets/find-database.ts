import {fail} from '../core/errors.js'
import {DATABASE_NAME} from '../core/grammars.js'
import type {Endpoint, RdsApi} from '../core/ports/aws.js'
import {type Found, lookUp} from './describe.js'
import type {TargetName} from './parse-target.js'
import type {ResolveInput} from './resolve-input.js'
import type {Place, Target} from './target.js'
import {unknownTarget} from './unknown-target.js'

/** What RDS knows of a name, in whatever state it is, and how to open it. */
export interface FoundDatabase {
  readonly found: Found
  readonly engine: NonNullable<ReturnType<ResolveInput['engineOf']>>
}

/** Rejects with TARGET_UNKNOWN and the closest names, with ENGINE_UNSUPPORTED, or as the RDS port does. */
export async function findDatabase(
  name: TargetName,
  input: Pick<ResolveInput, 'region' | 'configured' | 'groups' | 'engineOf'>,
  rds: RdsApi,
  signal: AbortSignal,
): Promise<FoundDatabase> {
  const found = await lookUp(name, rds, signal)
  if (!found) throw await unknownTarget(name, input, rds, signal)
  const engine = input.engineOf(found.owner.engine)
  if (engine) return {found, engine}
  throw fail('ENGINE_UNSUPPORTED', `${name.text} runs ${found.owner.engine}, which dbtunnel does not support.`, {
    hint: 'It supports PostgreSQL: RDS for PostgreSQL and Aurora PostgreSQL.',
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
export function targetAt(place: Place, {found, engine}: FoundDatabase, endpoint: Endpoint): Target {
  const databaseName = found.owner.databaseName || engine.defaultDatabase
  if (!DATABASE_NAME.test(databaseName)) {
    throw fail('PROTOCOL', `RDS gave ${place.name} a database name that is not valid: ${JSON.stringify(databaseName)}.`)
  }
  return {
    ...place,
    engine: engine.id,
    endpoint,
    defaultDatabase: databaseName,
    securityGroupIds: found.instance?.securityGroupIds ?? [],
  }
}
