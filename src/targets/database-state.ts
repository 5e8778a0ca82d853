import {type DbtunnelError, fail} from '../core/errors.js'
import {isHostName, isPort} from '../core/grammars.js'
import type {Endpoint} from '../core/ports/aws.js'
import type {Found} from './describe.js'
import type {TargetName} from './parse-target.js'
import type {ResolveInput} from './resolve-input.js'
import {awsRds, doubtAbout, type Subject, whyUnavailable} from './database-status.js'

type Account = Pick<ResolveInput, 'region' | 'profile'>

/** The endpoint, if someone serves it. Rejects with DATABASE_UNAVAILABLE. */
export function servingEndpoint(name: TargetName, found: Found, account: Account): Endpoint {
  const subjects = subjectsOf(found, account)
  for (const subject of subjects) {
    const failure = whyUnavailable(subject)
    if (failure) throw failure
  }
  if (!found.instance || !found.endpoint) throw nothingServes(name, subjects[0])
  return found.endpoint
}

/** Rejects with IAM_LOGIN_OFF. The cluster, where there is one, has the setting for all its members. */
export function checkIamLogin(found: Found, account: Account): void {
  const [first] = subjectsOf(found, account)
  if (!first || found.owner.iamLogin) return
  throw fail('IAM_LOGIN_OFF', `IAM database authentication is off for the ${first.kind} ${first.id}.`, {
    hint: `Turn it on: ${awsRds(first, 'iam-login')}`,
  })
}

/** An endpoint goes into argument lists, the hosts file and what libpq reads. Rejects with TARGET_INVALID or PROTOCOL. */
export function checkEndpoint(name: TargetName, {host, port}: Endpoint): void {
  if (name.kind === 'endpoint' && name.port !== undefined && name.port !== port) {
    throw fail('TARGET_INVALID', `${host} listens on port ${port}, not ${name.port}.`, {
      hint: 'Remove the port from the target.',
    })
  }
  if (isHostName(host) && isPort(port)) return
  throw fail('PROTOCOL', `RDS gave ${name.text} an invalid endpoint: ${JSON.stringify(`${host}:${port}`)}.`)
}

/** A line for a state that may interrupt a login. */
export function doubtIn(found: Found, account: Account): string | undefined {
  return subjectsOf(found, account)
    .map(doubtAbout)
    .find((line) => line !== undefined)
}

function subjectsOf({cluster, instance}: Found, {region, profile}: Account): readonly Subject[] {
  const subjects: Subject[] = []
  if (cluster) subjects.push({kind: 'cluster', id: cluster.id, status: cluster.status, region, profile})
  if (instance) subjects.push({kind: 'instance', id: instance.id, status: instance.status, region, profile})
  return subjects
}

function nothingServes(name: TargetName, subject: Subject | undefined): DbtunnelError {
  const hint =
    subject?.kind === 'cluster'
      ? `See its members: ${awsRds(subject, 'members')}`
      : subject && `Wait for it: ${awsRds(subject, 'wait')}`
  return fail('DATABASE_UNAVAILABLE', `No instance is available for ${name.text} now.`, {hint})
}
