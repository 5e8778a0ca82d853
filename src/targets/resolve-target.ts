import type {RdsApi} from '../core/ports/aws.js'
import type {Run} from '../core/run.js'
import {checkEndpoint, checkIamLogin, doubtIn, servingEndpoint} from './database-state.js'
import {findDatabase, placeOf, targetAt} from './find-database.js'
import {givenTarget} from './fully-specified.js'
import type {TargetName} from './parse-target.js'
import type {ResolveInput} from './resolve-input.js'
import type {Target} from './target.js'

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

  const database = await findDatabase(name, input, rds, run.signal)
  const {found} = database
  const endpoint = servingEndpoint(name, found, input)
  checkIamLogin(found, input)
  checkEndpoint(name, endpoint)
  const doubt = doubtIn(found, input)
  if (doubt !== undefined) run.say.notice(doubt)
  if (found.standsFor !== undefined) run.say.notice(found.standsFor)
  return targetAt(placeOf(name, database, input), database, endpoint)
}
