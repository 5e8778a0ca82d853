import type {Bastion} from './bastion.js'
import {withDeadline} from '../core/deadline.js'
import type {AwsApi} from '../core/ports/aws.js'
import {accountOptions} from '../core/text/aws-cli-options.js'
import {shellLine} from '../core/text/shell-line.js'
import type {Target} from '../targets/target.js'
import {type SecurityGroupVerdict, securityGroupsLetThrough} from './security-groups.js'

/** Of a run that has failed already. */
const LOOK_MS = 5000

/** What was seen of the security groups between a bastion and a database, and the bastion's own. */
export interface SeenSecurityGroups {
  readonly verdict: SecurityGroupVerdict
  readonly bastionGroup?: string | undefined
}

/** Asks EC2. Rejects with ACCESS_DENIED where the caller may not look, or as the port does. */
export async function checkSecurityGroups(
  target: Target,
  bastion: Pick<Bastion, 'id'>,
  {ec2}: Pick<AwsApi, 'ec2'>,
  signal: AbortSignal,
): Promise<SeenSecurityGroups> {
  const unknown = (why: string): SeenSecurityGroups => ({verdict: {kind: 'unknown', why}})
  if (target.securityGroupIds.length === 0) return unknown('RDS was not asked for those of the database.')
  if (!bastion.id.startsWith('i-')) return unknown(`${bastion.id} is no EC2 instance.`)
  const [instance] = await ec2.instances({ids: [bastion.id]}, signal)
  if (!instance) return unknown(`EC2 knows no ${bastion.id}.`)
  if (instance.vpcId !== target.vpcId) return unknown('bastion and database are in different VPCs.')
  const ids = [...new Set([...instance.securityGroupIds, ...target.securityGroupIds])]
  const groups = await ec2.securityGroups(ids, signal)
  if (groups.length < ids.length) return unknown('EC2 does not show all of them.')
  const {securityGroupIds, endpoint} = target
  const verdict = securityGroupsLetThrough(instance, {securityGroupIds, port: endpoint.port}, groups)
  return {verdict, bastionGroup: instance.securityGroupIds[0]}
}

/** What to do about it. */
export function securityGroupHint(target: Target, {verdict, bastionGroup}: SeenSecurityGroups): string {
  if (verdict.kind === 'open') return LOOK_ELSEWHERE
  return verdict.kind === 'shut' && verdict.side === 'out' ? letOut(target, bastionGroup) : letIn(target, bastionGroup)
}

const LOOK_ELSEWHERE =
  'The security groups let it through. Look at the network ACLs of both subnets, and whether the database runs and the bastion can look up its name.'

/** For an error's hint; undefined where nothing could be seen in time. */
export async function reachabilityAdvice(
  target: Target,
  bastion: Bastion,
  aws: Pick<AwsApi, 'ec2'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const late = (): Error => new Error('late')
  const seen = await withDeadline(checkSecurityGroups(target, bastion, aws, signal), LOOK_MS, late, signal)
  return seen.verdict.kind === 'unknown' ? undefined : securityGroupHint(target, seen)
}

/** The rule that is missing in the database's security group. */
export function letIn(target: Target, bastionGroup = 'BASTION_SECURITY_GROUP'): string {
  const {endpoint, securityGroupIds} = target
  const group = securityGroupIds[0] ?? 'DATABASE_SECURITY_GROUP'
  const port = String(endpoint.port)
  const rule = shellLine(['--group-id', group, '--protocol', 'tcp', '--port', port, '--source-group', bastionGroup])
  return (
    "The database's security group has to let the bastion's in:\n" +
    `aws ec2 authorize-security-group-ingress ${rule}${accountOptions(target)}`
  )
}

/** The rule that is missing in the bastion's. */
export function letOut(target: Target, bastionGroup = 'BASTION_SECURITY_GROUP'): string {
  const {endpoint, securityGroupIds} = target
  const {port} = endpoint
  const group = securityGroupIds[0] ?? 'DATABASE_SECURITY_GROUP'
  const rule = `IpProtocol=tcp,FromPort=${port},ToPort=${port},UserIdGroupPairs=[{GroupId=${group}}]`
  return (
    "The bastion's security group has to let it out to the database's:\n" +
    `aws ec2 authorize-security-group-egress ${shellLine(['--group-id', bastionGroup, '--ip-permissions', rule])}${accountOptions(target)}`
  )
}
