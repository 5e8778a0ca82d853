import type {BastionRule} from '../config/settings.js'
import {type DbtunnelError, fail} from '../core/errors.js'
import {nodeName} from '../core/names.js'
import {accountOptions} from '../core/profile-option.js'
import type {Target} from '../resolve/target.js'
import {kindOf} from './kinds.js'
import type {Verdict} from './verdict.js'

/** More lines than this say no more. */
const MOST_LINES = 10

/** BASTION_NONE: of each candidate why not, one line each, then what to type next. */
export function noBastion(verdicts: readonly Verdict[], target: Target, rule: BastionRule): DbtunnelError {
  const marked = `Name one with --bastion i-…, or mark one: aws ec2 create-tags --resources i-… --tags Key=dbtunnel:bastion,Value=yes${accountOptions(target)}`
  if (verdicts.length === 0) {
    const message = `No bastion for ${target.name}: no instance in ${target.region} ${kindOf(rule).describe(rule)}.`
    return fail('BASTION_NONE', message, {hint: marked})
  }
  // Those in the right VPC come first: they are nearest to being of use.
  const near = ({candidate}: Verdict): number => Number(target.vpcId !== undefined && candidate.vpcId !== target.vpcId)
  const sorted = [...verdicts].sort((a, b) => near(a) - near(b) || (a.candidate.id < b.candidate.id ? -1 : 1))
  const lines = sorted.slice(0, MOST_LINES).map(({candidate, refusal}) => `${nodeName(candidate)} ${refusal}`)
  if (sorted.length > lines.length) lines.push(`… and ${sorted.length - lines.length} more`)
  const place = target.vpcId === undefined ? '' : ` in ${target.vpcId}`
  return fail('BASTION_NONE', `No bastion${place} can lead to ${target.name} now.`, {
    hint: [...lines, nextStep(sorted, target, rule, marked)].join('\n'),
  })
}

function nextStep(verdicts: readonly Verdict[], target: Target, rule: BastionRule, marked: string): string {
  const stopped = verdicts.find(({candidate}) => candidate.state === 'stopped' && candidate.vpcId === target.vpcId)
  if (stopped)
    return `Start it: aws ec2 start-instances --instance-ids ${stopped.candidate.id}${accountOptions(target)}`
  const old = verdicts.find(({node}) => node?.ping === 'Online')
  if (old) {
    return `Update its agent: aws ssm send-command --document-name AWS-UpdateSSMAgent --instance-ids ${old.candidate.id}${accountOptions(target)}`
  }
  if (rule.kind === 'instance') {
    return `See its state: aws ec2 describe-instance-status --include-all-instances --instance-ids ${rule.id}${accountOptions(target)}`
  }
  return rule.kind === 'managed-node' ? 'Start its agent, or name another with --bastion.' : marked
}

/** BASTION_NONE, for a target whose VPC cannot be looked up and bastions in more than one. */
export function vpcUnknown(usable: readonly Verdict[], target: Target): DbtunnelError {
  const lines = usable
    .slice(0, MOST_LINES)
    .map(({candidate}) => `${nodeName(candidate)} (${candidate.vpcId ?? 'no VPC'})`)
  return fail('BASTION_NONE', `The VPC of ${target.name} is not known, and there are bastions in several.`, {
    hint: [...lines, 'Name the right one: --bastion i-…'].join('\n'),
  })
}
