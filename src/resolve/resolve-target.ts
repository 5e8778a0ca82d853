import {type DbtunnelError, fail} from '../core/errors.js'
import {isHostName, isPort} from '../core/names.js'
import type {RdsApi} from '../core/ports/aws.js'
import type {Run} from '../core/run.js'
import {givenTarget} from './given-target.js'
import {type Found, lookUp} from './look-up.js'
import type {TargetName} from './parse-target.js'
import type {ResolveInput} from './resolve-input.js'
import {awsRds, doubtAbout, type Subject, whyUnavailable} from './status.js'
import type {Target} from './target.js'
import {unknownTarget} from './unknown-target.js'

/**
 * Finds out all that later stages need to know of a target, with one round of
 * Describe calls side by side; with none when the target's name, the user and
 * the bastion say it all. Rejects with TARGET_UNKNOWN and the closest names,
 * ENGINE_UNSUPPORTED, DATABASE_UNAVAILABLE or IAM_LOGIN_OFF, each with the
 * command that mends it, or as the RDS port does.
 */
export async function resolveTarget(name: TargetName, input: ResolveInput, rds: RdsApi, run: Run): Promise<Target> {
  const given = name.kind === 'endpoint' ? givenTarget(name, input) : undefined
  if (given) return given

  const found = await lookUp(name, rds, run.signal)
  if (!found) throw await unknownTarget(name, input, rds, run.signal)
  const engine = input.engineOf(found.owner.engine)
  if (!engine) throw unsupported(name, found.owner.engine)
  const endpoint = checkState(name, found, input, run)
  if (found.standsFor !== undefined) run.say.notice(found.standsFor)

  return {
    name: name.text,
    engine: engine.id,
    endpoint,
    resourceId: found.owner.resourceId,
    region: input.region,
    profile: input.profile,
    vpcId: found.instance?.vpcId,
    zone: found.instance?.zone,
    defaultDatabase: found.owner.databaseName ?? engine.defaultDatabase,
    securityGroupIds: found.instance?.securityGroupIds ?? [],
  }
}

/** The endpoint, when nothing in the way of a login can be seen from here. */
function checkState(
  name: TargetName,
  {cluster, instance, endpoint, owner}: Found,
  {region, profile}: ResolveInput,
  run: Run,
): Target['endpoint'] {
  const subjects: Subject[] = []
  if (cluster) subjects.push({kind: 'cluster', id: cluster.id, status: cluster.status, region, profile})
  if (instance) subjects.push({kind: 'instance', id: instance.id, status: instance.status, region, profile})
  // The cluster, where there is one, has the IAM setting for all its members.
  const [first] = subjects
  for (const subject of subjects) {
    const failure = whyUnavailable(subject)
    if (failure) throw failure
  }
  if (!first || !instance || !endpoint) throw nothingServes(name, first)
  if (!owner.iamLogin) {
    throw fail('IAM_LOGIN_OFF', `IAM login is off for the ${first.kind} ${first.id}.`, {
      hint: `Turn it on: ${awsRds(first, 'iam-login')}`,
    })
  }
  if (name.kind === 'endpoint' && name.port !== undefined && name.port !== endpoint.port) {
    throw fail('TARGET_INVALID', `${endpoint.host} listens on port ${endpoint.port}, not ${name.port}.`, {
      hint: 'Leave the port out of the target.',
    })
  }
  // They go into argument lists, the hosts file and what libpq reads.
  const {host, port} = endpoint
  if (!isHostName(host) || !isPort(port)) {
    throw fail('PROTOCOL', `RDS gives ${name.text} an endpoint that is none: ${JSON.stringify(`${host}:${port}`)}.`)
  }
  const doubt = subjects.map(doubtAbout).find((line) => line !== undefined)
  if (doubt !== undefined) run.say.notice(doubt)
  return endpoint
}

function unsupported(name: TargetName, engine: string): DbtunnelError {
  return fail('ENGINE_UNSUPPORTED', `${name.text} runs ${engine}, which dbtunnel does not support.`, {
    hint: 'It supports PostgreSQL: RDS for PostgreSQL and Aurora PostgreSQL.',
  })
}

function nothingServes(name: TargetName, subject: Subject | undefined): DbtunnelError {
  const hint =
    subject?.kind === 'cluster'
      ? `See its members: ${awsRds(subject, 'members')}`
      : subject && `Wait for it: ${awsRds(subject, 'wait')}`
  return fail('DATABASE_UNAVAILABLE', `No instance answers for ${name.text} now.`, {hint})
}
