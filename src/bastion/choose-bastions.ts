import type {BastionRule} from '../config/settings.js'
import {nodeName} from '../core/names.js'
import type {SsmApi} from '../core/ports/aws.js'
import type {Run} from '../core/run.js'
import {compareVersions} from '../core/versions.js'
import type {Target} from '../resolve/target.js'
import type {Bastion} from './bastion.js'
import type {Candidate} from './kind.js'
import {noBastion, vpcUnknown} from './no-bastion.js'
import {judge, type Verdict} from './verdict.js'

/**
 * The second round: which candidates can carry a session to the target, best
 * first (same zone, newer agent, id). Never empty: rejects with BASTION_NONE,
 * saying of each candidate why not. A node named by its id is taken wherever it
 * is, and without a look when the target was not looked up either.
 */
export async function chooseBastions(
  candidates: readonly Candidate[],
  target: Target,
  rule: BastionRule,
  ports: {readonly ssm: SsmApi},
  run: Run,
): Promise<readonly Bastion[]> {
  const named = isNamed(rule)
  if (named && target.resourceId === undefined) return candidates.map(({id}) => ({id}))

  const verdicts = await judge(candidates, named ? undefined : target.vpcId, ports.ssm, run.signal)
  for (const {candidate, refusal} of verdicts) {
    if (refusal !== undefined) run.say.debug(`bastion ${nodeName(candidate)} left out: ${refusal}`)
  }
  const usable = usableOf(verdicts, target.zone)
  if (usable.length === 0) throw noBastion(verdicts, target, rule)
  const vpcs = new Set(usable.map(({candidate}) => candidate.vpcId))
  if (!named && target.vpcId === undefined && vpcs.size > 1) throw vpcUnknown(usable, target)
  return usable.map(bastionOf)
}

/** A node named by its id is taken in whatever VPC. */
export function isNamed(rule: BastionRule): boolean {
  return rule.kind === 'instance' || rule.kind === 'managed-node'
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
