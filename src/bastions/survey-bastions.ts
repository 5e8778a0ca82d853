import type {BastionRule} from './rule.js'
import type {ListedBastion} from '../core/results/database-listing.js'
import {nodeName} from '../core/grammars.js'
import type {SsmApi} from '../core/ports/aws.js'
import {bastionOf, isNamed, usableOf} from './choose-bastions.js'
import type {Candidate} from './kind.js'
import {judgeBy, lookUpNodes, type Verdict} from './judge.js'

/** Says of a place whether a bastion can lead there. */
export type Outlook = (place: {readonly vpcId: string | null; readonly zone: string | null}) => ListedBastion

/** Nobody may look, or there is no place to look at. */
export const UNKNOWN: ListedBastion = {usable: null, id: null, name: null, refusals: []}

/** The second round for many databases at once: as `chooseBastions` does for one, with one look at the inventory for all. */
export async function surveyBastions(
  candidates: readonly Candidate[],
  rule: BastionRule,
  ports: {readonly ssm: SsmApi},
  signal: AbortSignal,
): Promise<Outlook> {
  const nodes = await lookUpNodes(candidates, undefined, ports.ssm, signal)
  const judged = new Map<string | undefined, readonly Verdict[]>()
  return ({vpcId, zone}) => {
    const wanted = isNamed(rule) ? undefined : vpcId
    if (wanted === null) return UNKNOWN
    const verdicts = judged.get(wanted) ?? judgeBy(nodes, candidates, wanted)
    judged.set(wanted, verdicts)
    const [best] = usableOf(verdicts, zone ?? undefined).map(bastionOf)
    if (best) return {usable: true, id: best.id, name: best.name ?? null, refusals: []}
    const near = verdicts.filter(({candidate}) => wanted === undefined || candidate.vpcId === wanted)
    const refusals = near.map(({candidate, refusal}) => `${nodeName(candidate)} ${refusal}`)
    return {usable: false, id: null, name: null, refusals}
  }
}
