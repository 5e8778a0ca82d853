import type {Place} from '../targets/target.js'
import type {BastionApi, BastionRule, Candidate, Verdict} from './kind.js'
import {kindOf} from './kind-of.js'

/** Judges every candidate by its state and VPC, then by what its kind finds out. Without `vpcId` any VPC will do. */
export async function judge(
  candidates: readonly Candidate[],
  rule: BastionRule,
  vpcId: string | undefined,
  aws: BastionApi,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  return judgeIn(vpcId, candidates, await lookAt(candidates, rule, vpcId, aws, signal))
}

/** What a kind says of each candidate, by id. */
export type Looks = ReadonlyMap<string, Verdict>

/** Asks only about those whose state and VPC are right. */
export async function lookAt(
  candidates: readonly Candidate[],
  rule: BastionRule,
  vpcId: string | undefined,
  aws: BastionApi,
  signal: AbortSignal,
): Promise<Looks> {
  const worthAsking = candidates.filter((candidate) => refusalAtSight(candidate, vpcId) === undefined)
  const verdicts = await kindOf(rule).judge(worthAsking, aws, signal)
  return new Map(verdicts.map((verdict) => [verdict.candidate.id, verdict]))
}

/** Verdicts for one VPC. */
export function judgeIn(vpcId: string | undefined, candidates: readonly Candidate[], looks: Looks): readonly Verdict[] {
  return candidates.map((candidate) => {
    const refusal = refusalAtSight(candidate, vpcId)
    return refusal === undefined ? (looks.get(candidate.id) ?? {candidate}) : {candidate, refusal}
  })
}

/** Undefined where state and VPC are right. */
export function refusalAtSight({state, vpcId}: Candidate, wanted: string | undefined): string | undefined {
  if (wanted !== undefined && vpcId !== wanted) return `is in another VPC (${vpcId ?? 'none'})`
  return state === undefined || state === 'running' ? undefined : `is ${state}`
}

/** The VPC that a bastion has to be in; undefined when any will do, or it is not known. */
export function vpcFor(rule: BastionRule, {vpcId}: Pick<Place, 'vpcId'>): string | undefined {
  return kindOf(rule).namesOne ? undefined : vpcId
}
