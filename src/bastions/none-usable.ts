import {type DbtunnelError, fail} from '../core/errors.js'
import {fewLines} from '../core/text/first-lines.js'
import {nodeName} from '../core/grammars.js'
import {accountOptions} from '../core/text/aws-cli-options.js'
import type {Place} from '../targets/target.js'
import type {BastionRule, Verdict} from './kind.js'
import {kindOf} from './kind-of.js'

/** BASTION_NONE: of each candidate why not, one line each, then what to type next. */
export function noBastion(verdicts: readonly Verdict[], target: Place, rule: BastionRule): DbtunnelError {
  const marked = `Choose one with --bastion i-…, or tag an instance as bastion: aws ec2 create-tags --resources i-… --tags Key=dbtunnel:bastion,Value=yes${accountOptions(target)}`
  if (verdicts.length === 0) {
    const message = `No bastion for ${target.name}: ${kindOf(rule).noneFound(rule, target.region)}.`
    return fail('BASTION_NONE', message, {hint: marked})
  }
  // Those in the right VPC come first: they are nearest to being of use.
  const near = ({candidate}: Verdict): number => Number(target.vpcId !== undefined && candidate.vpcId !== target.vpcId)
  const sorted = [...verdicts].sort((a, b) => near(a) - near(b) || (a.candidate.id < b.candidate.id ? -1 : 1))
  const lines = fewLines(sorted.map(({candidate, refusal}) => `${nodeName(candidate)} ${refusal}`))
  const place = target.vpcId === undefined ? '' : ` in ${target.vpcId}`
  return fail('BASTION_NONE', `No bastion${place} can reach ${target.name} now.`, {
    hint: [...lines, kindOf(rule).mend(sorted, rule, target) ?? marked].join('\n'),
  })
}

/** BASTION_NONE, for a target whose VPC cannot be looked up and bastions in more than one. */
export function vpcUnknown(usable: readonly Verdict[], target: Place): DbtunnelError {
  const lines = fewLines(usable.map(({candidate}) => `${nodeName(candidate)} (${candidate.vpcId ?? 'no VPC'})`))
  return fail('BASTION_NONE', `The VPC of ${target.name} is unknown, and there are bastions in several VPCs.`, {
    hint: [...lines, 'Choose one: --bastion i-…'].join('\n'),
  })
}
