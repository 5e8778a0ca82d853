import type {AwsApi, ManagedNode} from '../core/ports/aws.js'
import type {Place} from '../targets/target.js'

/** Which managed node may be the bastion: the kind of the rule, and what that kind has read of its text. */
export interface BastionRule {
  /** Id of a bastion kind. */
  readonly kind: string
  readonly [detail: string]: string
}

/** A node that a rule names: it may turn out to be unusable. */
export interface Candidate {
  /** What Session Manager calls it: the target of StartSession, such as `i-…`. */
  readonly id: string
  readonly name?: string | undefined
  /** `running`, or AWS's word for another state; unknown when AWS was not asked. */
  readonly state?: string | undefined
  readonly vpcId?: string | undefined
  readonly zone?: string | undefined
}

/** A candidate and why it cannot be used; without a reason, it can. */
export interface Verdict {
  readonly candidate: Candidate
  /** What Systems Manager's inventory says of it, where that was asked. */
  readonly node?: ManagedNode | undefined
  readonly refusal?: string | undefined
}

/** The AWS services that bastion kinds ask. */
export type BastionApi = Pick<AwsApi, 'ec2' | 'ssm'>

/**
 * One way of naming bastions. Each is one file in kinds/, which exports a kind under the name of the file (`managed-node.ts`:
 * `managedNode`); `npm run build` puts it into the list. What is common to nodes with an SSM agent is in `managed-nodes.ts`.
 */
export interface BastionKind<Rule extends BastionRule = BastionRule> {
  /** The name of its file, and the `kind` of its rules. */
  readonly id: string
  /** How a rule is written, for help, errors and the schema: `tag:Key=Value`. The kind without one counts where no rule is given. */
  readonly form?: string
  /** Reads a rule; undefined for a text of another kind. */
  parse?(text: string): Rule | undefined
  /** Whether a rule names one node: it is taken in any VPC, and without a look when the target was not looked up either. */
  readonly namesOne: boolean
  /** What the ids of its nodes look like. */
  readonly nodeId: RegExp
  /** To follow "No bastion for X:", such as "no instance in eu-west-1 is running". */
  noneFound(rule: Rule, region: string): string
  /** Every node that the rule may mean, in any state and VPC. */
  find(rule: Rule, aws: BastionApi, signal: AbortSignal): Promise<readonly Candidate[]>
  /** Which of these, all running and in the right VPC, can carry a session now. */
  judge(candidates: readonly Candidate[], aws: BastionApi, signal: AbortSignal): Promise<readonly Verdict[]>
  /**
   * What to type so that one of these can be used: the nearest to that come first. Undefined where it is simplest to name
   * another one.
   */
  mend(verdicts: readonly Verdict[], rule: Rule, place: Place): string | undefined
}
