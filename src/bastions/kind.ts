import type {BastionRule} from './rule.js'
import type {Ec2Api} from '../core/ports/aws.js'

/** A node that a rule names: it may turn out to be of no use. */
export interface Candidate {
  /** `i-…` or `mi-…` */
  readonly id: string
  readonly name?: string | undefined
  /** EC2's word, such as `running`; unknown when EC2 was not asked. */
  readonly state?: string | undefined
  readonly vpcId?: string | undefined
  readonly zone?: string | undefined
}

/** One way of naming bastions: a file in kinds/ each. */
export interface BastionKind<Kind extends BastionRule['kind'] = BastionRule['kind']> {
  readonly kind: Kind
  /** The rule in words, to follow "no instance …". */
  describe(rule: Extract<BastionRule, {kind: Kind}>): string
  find(rule: Extract<BastionRule, {kind: Kind}>, ec2: Ec2Api, signal: AbortSignal): Promise<readonly Candidate[]>
}
