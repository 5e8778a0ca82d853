import type {ListedBastion} from '../core/results/database-listing.js'
import {nodeName} from '../core/grammars.js'
import {bastionOf, usableOf} from './choose-bastions.js'
import {judgeIn, lookAt} from './judge.js'
import type {BastionApi, BastionRule, Candidate, Verdict} from './kind.js'
import {kindOf} from './kind-of.js'

/** Says of a place whether a bastion can lead there. */
export type Outlook = (place: {readonly vpcId: string | null; readonly zone: string | null}) => ListedBastion

/** Nobody may look, or there is no place to look at. */
export const UNKNOWN: ListedBastion = {usable: null, id: null, name: null, refusals: []}

/** The second round for many databases at once: as `chooseBastions` does for one, with one look at all candidates. */
export async function surveyBastions(
  candidates: readonly Candidate[],
  rule: BastionRule,
  aws: BastionApi,
  signal: AbortSignal,
): Promise<Outlook> {
  const looks = await lookAt(candidates, rule, undefined, aws, signal)
  const {namesOne} = kindOf(rule)
  const judged = new Map<string | undefined, readonly Verdict[]>()
  return ({vpcId, zone}) => {
    const wanted = namesOne ? undefined : vpcId
    if (wanted === null) return UNKNOWN
    const verdicts = judged.get(wanted) ?? judgeIn(wanted, candidates, looks)
    judged.set(wanted, verdicts)
    const [best] = usableOf(verdicts, zone ?? undefined).map(bastionOf)
    if (best) return {usable: true, id: best.id, name: best.name ?? null, refusals: []}
    const near = verdicts.filter(({candidate}) => wanted === undefined || candidate.vpcId === wanted)
    const refusals = near.map(({candidate, refusal}) => `${nodeName(candidate)} ${refusal}`)
    return {usable: false, id: null, name: null, refusals}
  }
}
