import {nodeName} from '../core/grammars.js'
import type {Run} from '../core/run.js'
import {compareVersions} from '../core/versions.js'
import type {Place} from '../targets/target.js'
import type {Bastion} from './bastion.js'
import {judge, vpcFor} from './judge.js'
import type {BastionApi, BastionRule, Candidate, Verdict} from './kind.js'
import {kindOf} from './kind-of.js'
import {noBastion, vpcUnknown} from './none-usable.js'

/** The first round, side by side with resolving: every node that the rule may mean, in any VPC. */
export async function findCandidates(
  rule: BastionRule,
  aws: BastionApi,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  return kindOf(rule).find(rule, aws, signal)
}

/**
 * The second round: which candidates can carry a session to the target, best
 * first (same zone, newer agent, id). Never empty: rejects with BASTION_NONE,
 * saying of each candidate why not. A rule that names one node takes it in any
 * VPC, and without a look when the target was not looked up either.
 */
export async function chooseBastions(
  candidates: readonly Candidate[],
  target: Place,
  rule: BastionRule,
  aws: BastionApi,
  run: Run,
): Promise<readonly Bastion[]> {
  const verdicts = await judgeFor(candidates, target, rule, aws, run.signal)
  for (const {candidate, refusal} of verdicts) {
    if (refusal !== undefined) run.say.debug(`bastion ${nodeName(candidate)} left out: ${refusal}`)
  }
  return bestOf(verdicts, target, rule)
}

/** A verdict on each candidate for this place. */
export async function judgeFor(
  candidates: readonly Candidate[],
  target: Place,
  rule: BastionRule,
  aws: BastionApi,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  if (kindOf(rule).namesOne && target.resourceId === undefined) return candidates.map(({id}) => ({candidate: {id}}))
  return judge(candidates, rule, vpcFor(rule, target), aws, signal)
}

/** Those that will do, best first; never empty. Rejects with BASTION_NONE. */
export function bestOf(verdicts: readonly Verdict[], target: Place, rule: BastionRule): readonly Bastion[] {
  const usable = usableOf(verdicts, target.zone)
  if (usable.length === 0) throw noBastion(verdicts, target, rule)
  const vpcs = new Set(usable.map(({candidate}) => candidate.vpcId))
  if (!kindOf(rule).namesOne && target.vpcId === undefined && vpcs.size > 1) throw vpcUnknown(usable, target)
  return usable.map(bastionOf)
}

/** Those that will do, best first. */
export function usableOf(verdicts: readonly Verdict[], zone: string | undefined): readonly Verdict[] {
  return verdicts.filter(({refusal}) => refusal === undefined).sort(byUse(zone))
}

export function bastionOf({candidate: {id, name, zone}, node}: Verdict): Bastion {
  return {id, name: name ?? node?.name, zone, agentVersion: node?.agentVersion}
}

function byUse(zone: string | undefined): (a: Verdict, b: Verdict) => number {
  const far = ({candidate}: Verdict): number => Number(zone === undefined || candidate.zone !== zone)
  return (a, b) =>
    far(a) - far(b) ||
    compareVersions(b.node?.agentVersion ?? '', a.node?.agentVersion ?? '') ||
    (a.candidate.id < b.candidate.id ? -1 : 1)
}
