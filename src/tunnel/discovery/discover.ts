import type {Bastion} from '../../bastions/bastion.js'
import {chooseBastions, findCandidates} from '../../bastions/choose-bastions.js'
import type {Candidate} from '../../bastions/kind.js'
import {kindOf} from '../../bastions/kind-of.js'
import type {Settings} from '../../settings/settings.js'
import type {AwsApi, CallerIdentity} from '../../core/ports/aws.js'
import type {Run} from '../../core/run.js'
import type {TargetName} from '../../targets/parse-target.js'
import type {ResolveInput} from '../../targets/resolve-input.js'
import {resolveTarget} from '../../targets/resolve-target.js'
import type {Target} from '../../targets/target.js'
import {together} from '../../core/all-or-first-failure.js'

export interface DiscoveryRequest {
  readonly name: TargetName
  readonly settings: Settings
}

/** What the first round trip tells. */
export interface Description {
  readonly target: Target
  readonly candidates: readonly Candidate[]
  /** Unknown when the user was named: then AWS was not asked. */
  readonly caller?: CallerIdentity | undefined
}

/** What AWS knows of a database, of the way to it, and of who asks. */
export interface Discovery extends Omit<Description, 'candidates'> {
  /** In order of preference, never empty. */
  readonly bastions: readonly Bastion[]
}

/** What resolving a name has to know of the settings. */
export function resolveInput(settings: Settings): ResolveInput {
  return {...settings, isBastionNamed: kindOf(settings.bastion).namesOne}
}

/** One round trip: RDS and STS side by side. */
export async function describeDatabase(
  {name, settings}: DiscoveryRequest,
  aws: AwsApi,
  run: Run,
): Promise<Omit<Description, 'candidates'>> {
  const [target, caller] = await together([
    resolveTarget(name, resolveInput(settings), aws.rds, run),
    settings.user === undefined ? aws.sts.identity(run.signal) : undefined,
  ])
  return {target, caller}
}

/** The same round trip, with EC2 beside it. */
export async function describe(request: DiscoveryRequest, aws: AwsApi, run: Run): Promise<Description> {
  const [database, candidates] = await together([
    describeDatabase(request, aws, run),
    findCandidates(request.settings.bastion, aws, run.signal),
  ])
  return {...database, candidates}
}

/** A second one: which of the candidates Systems Manager is in touch with. */
export async function findBastions(
  {target, candidates, caller}: Description,
  {settings}: DiscoveryRequest,
  aws: AwsApi,
  run: Run,
): Promise<Discovery> {
  return {target, caller, bastions: await chooseBastions(candidates, target, settings.bastion, aws, run)}
}

/** Who logs in: the user that was named, else the name of the AWS session. */
export function userOf({settings}: Pick<DiscoveryRequest, 'settings'>, {caller}: Pick<Discovery, 'caller'>): string {
  return settings.user ?? caller?.name ?? ''
}

/** Which database is opened: the one that was named, else the target's own. */
export function databaseOf(
  {settings}: Pick<DiscoveryRequest, 'settings'>,
  {target}: Pick<Discovery, 'target'>,
): string {
  return settings.database ?? target.defaultDatabase
}
