import {partitionOf} from '../core/partitions.js'
import type {ManagedNode} from '../core/ports/aws.js'
import {accountOptions, profileOption} from '../core/text/aws-cli-options.js'
import {shellLine} from '../core/text/shell-line.js'
import {compareVersions} from '../core/versions.js'
import type {Place} from '../targets/target.js'
import type {BastionApi, BastionRule, Candidate, Verdict} from './kind.js'

/** Since this version the agent knows the remote-host document (AWS's announcement). */
const FIRST_AGENT = '3.1.1374.0'

/** What all kinds have in common whose nodes are in Systems Manager's inventory: EC2 instances, and machines elsewhere. */
export const managedNodes = {
  nodeId: /^m?i-[0-9a-f]{8,17}$/,

  async judge(
    candidates: readonly Candidate[],
    {ssm}: Pick<BastionApi, 'ssm'>,
    signal: AbortSignal,
  ): Promise<readonly Verdict[]> {
    const ids = candidates.map(({id}) => id)
    const found = ids.length === 0 ? [] : await ssm.managedNodes(ids, signal)
    const nodes = new Map(found.map((node) => [node.id, node]))
    return candidates.map((candidate) => {
      const node = nodes.get(candidate.id)
      return {candidate, node, refusal: refusalOf(node)}
    })
  },

  mend(verdicts: readonly Verdict[], _rule: BastionRule, place: Place): string | undefined {
    const near = verdicts.filter(({candidate}) => place.vpcId === undefined || candidate.vpcId === place.vpcId)
    const stopped = near.find(({candidate}) => candidate.state === 'stopped')
    if (stopped) return `Start it: aws ec2 start-instances ${instanceIds(stopped)}${accountOptions(place)}`
    const old = verdicts.find(({node}) => node?.ping === 'Online')
    if (old) {
      return `Update its agent: aws ssm send-command --document-name AWS-UpdateSSMAgent ${instanceIds(old)}${accountOptions(place)}`
    }
    const running = near.filter(({candidate}) => candidate.state === 'running')
    const lost = running.find(({node}) => node)
    if (lost) {
      return `Restart it, and its agent with it: aws ec2 reboot-instances ${instanceIds(lost)}${accountOptions(place)}`
    }
    const [bare] = running
    if (!bare) return undefined
    const policy = `arn:${partitionOf(place.region).id}:iam::aws:policy/AmazonSSMManagedInstanceCore`
    return `Install the SSM agent on ${bare.candidate.id}, and give its role the policy: aws iam attach-role-policy --role-name ITS_ROLE --policy-arn ${policy}${profileOption(place.profile)}`
  },
} as const

function refusalOf(node: ManagedNode | undefined): string | undefined {
  if (!node) return 'is not registered with Systems Manager (no agent, or no AmazonSSMManagedInstanceCore in its role)'
  if (node.ping !== 'Online') return `is not connected to Systems Manager (${node.ping})`
  if (compareVersions(node.agentVersion, FIRST_AGENT) >= 0) return undefined
  return `has an SSM agent that is too old: ${node.agentVersion || 'unknown'} (${FIRST_AGENT} or newer is needed)`
}

/** For a command to paste. */
function instanceIds({candidate}: Verdict): string {
  return shellLine(['--instance-ids', candidate.id])
}
