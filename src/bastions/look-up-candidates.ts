import type {BastionRule} from './rule.js'
import type {Ec2Api} from '../core/ports/aws.js'
import type {Candidate} from './kind.js'
import {kindOf} from './kinds.js'

/** The first round, side by side with resolving: every node that the rule may mean, in any VPC. */
export async function lookUpCandidates(
  rule: BastionRule,
  ports: {readonly ec2: Ec2Api},
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  return kindOf(rule).find(rule, ports.ec2, signal)
}
