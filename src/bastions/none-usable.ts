import type {BastionRule} from './rule.js'
import {type DbtunnelError, fail} from '../core/errors.js'
import {fewLines} from '../core/text/first-lines.js'
import {nodeName, partitionOf} from '../core/grammars.js'
import {accountOptions, profileOption} from '../core/text/aws-cli-options.js'
import {shellLine} from '../core/text/shell-line.js'
import type {Place} from '../targets/target.js'
import {kindOf} from './kinds.js'
import type {Verdict} from './judge.js'

/** BASTION_NONE: of each candidate why not, one line each, then what to type next. */
export function noBastion(verdicts: readonly Verdict[], target: Place, rule: BastionRule): DbtunnelError {
  const marked = `Name one with --bastion i-…, or mark one: aws ec2 create-tags --resources i-… --tags Key=dbtunnel:bastion,Value=yes${accountOptions(target)}`
  if (verdicts.length === 0) {
    const message = `No bastion for ${target.name}: no instance in ${target.region} ${kindOf(rule).describe(rule)}.`
    return fail('BASTION_NONE', message, {hint: marked})
  }
  // Those in the right VPC come first: they are nearest to being of use.
  const near = ({candidate}: Verdict): number => Number(target.vpcId !== undefined && candidate.vpcId !== target.vpcId)
  const sorted = [...verdicts].sort((a, b) => near(a) - near(b) || (a.candidate.id < b.candidate.id ? -1 : 1))
  const lines = fewLines(sorted.map(({candidate, refusal}) => `${nodeName(candidate)} ${refusal}`))
  const place = target.vpcId === undefined ? '' : ` in ${target.vpcId}`
  return fail('BASTION_NONE', `No bastion${place} can lead to ${target.name} now.`, {
    hint: [...lines, nextStep(sorted, target, rule, marked)].join('\n'),
  })
}

function nextStep(verdicts: readonly Verdict[], target: Place, rule: BastionRule, marked: string): string {
  const near = verdicts.filter(({candidate}) => target.vpcId === undefined || candidate.vpcId === target.vpcId)
  const stopped = near.find(({candidate}) => candidate.state === 'stopped')
  if (stopped) return `Start it: aws ec2 start-instances ${instanceIds(stopped)}${accountOptions(target)}`
  const old = verdicts.find(({node}) => node?.ping === 'Online')
  if (old) {
    return `Update its agent: aws ssm send-command --document-name AWS-UpdateSSMAgent ${instanceIds(old)}${accountOptions(target)}`
  }
  const running = near.filter(({candidate}) => candidate.state === 'running')
  const lost = running.find(({node}) => node)
  if (lost) {
    return `Restart it, and its agent with it: aws ec2 reboot-instances ${instanceIds(lost)}${accountOptions(target)}`
  }
  const [bare] = running
  if (bare) {
    const policy = `arn:${partitionOf(target.region)}:iam::aws:policy/AmazonSSMManagedInstanceCore`
    return `Install the SSM agent on ${bare.candidate.id}, and give its role the policy: aws iam attach-role-policy --role-name ITS_ROLE --policy-arn ${policy}${profileOption(target.profile)}`
  }
  if (rule.kind === 'instance') {
    return `See its state: aws ec2 describe-instance-status --include-all-instances --instance-ids ${rule.id}${accountOptions(target)}`
  }
  return rule.kind === 'managed-node' ? 'Start its agent, or name another with --bastion.' : marked
}

/** For a command to paste. */
function instanceIds({candidate}: Verdict): string {
  return shellLine(['--instance-ids', candidate.id])
}

/** BASTION_NONE, for a target whose VPC cannot be looked up and bastions in more than one. */
export function vpcUnknown(usable: readonly Verdict[], target: Place): DbtunnelError {
  const lines = fewLines(usable.map(({candidate}) => `${nodeName(candidate)} (${candidate.vpcId ?? 'no VPC'})`))
  return fail('BASTION_NONE', `The VPC of ${target.name} is not known, and there are bastions in several.`, {
    hint: [...lines, 'Name the right one: --bastion i-…'].join('\n'),
  })
}
