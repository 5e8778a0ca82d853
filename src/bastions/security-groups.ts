import type {Ec2Instance, SecurityGroup, SecurityRule} from '../core/ports/aws.js'
import {isInCidr} from '../core/cidr.js'

/** Whether security groups let a bastion's packets through to a database. */
export type SecurityGroupVerdict =
  | {readonly kind: 'open'}
  /** `in`: none of the database's groups lets it in. `out`: none of its own lets it out. */
  | {readonly kind: 'shut'; readonly side: 'in' | 'out'}
  /** `why` follows on "cannot be seen:". */
  | {readonly kind: 'unknown'; readonly why: string}

/** Rules of all protocols, or of TCP by name or number. */
const TCP = ['-1', 'tcp', '6']

/**
 * By the rules alone: network ACLs are not looked at, nor what address the database has, so that a rule that lets the
 * bastion out to some addresses passes for one that does.
 */
export function securityGroupsLetThrough(
  bastion: Pick<Ec2Instance, 'securityGroupIds' | 'privateAddress'>,
  database: {readonly securityGroupIds: readonly string[]; readonly port: number},
  groups: readonly SecurityGroup[],
): SecurityGroupVerdict {
  const outside = groups.filter(({id}) => bastion.securityGroupIds.includes(id)).flatMap(({egress}) => egress)
  const inside = groups.filter(({id}) => database.securityGroupIds.includes(id)).flatMap(({ingress}) => ingress)
  const leave = outside.filter((rule) => isFor(rule, database.port))
  const enter = inside.filter((rule) => isFor(rule, database.port))

  const isLetOut = leave.some(
    ({groupIds, cidrs, prefixListIds}) =>
      cidrs.length > 0 || prefixListIds.length > 0 || groupIds.some((id) => database.securityGroupIds.includes(id)),
  )
  if (!isLetOut) return {kind: 'shut', side: 'out'}
  const {privateAddress} = bastion
  const isLetIn = enter.some(
    ({groupIds, cidrs}) =>
      groupIds.some((id) => bastion.securityGroupIds.includes(id)) ||
      (privateAddress !== undefined && cidrs.some((cidr) => isInCidr(privateAddress, cidr))),
  )
  if (isLetIn) return {kind: 'open'}
  const lists = enter.flatMap(({prefixListIds}) => prefixListIds)
  if (lists.length > 0) return {kind: 'unknown', why: `the addresses in ${lists.join(', ')} are not known.`}
  return {kind: 'shut', side: 'in'}
}

function isFor({protocol, fromPort, toPort}: SecurityRule, port: number): boolean {
  return TCP.includes(protocol) && (fromPort ?? 0) <= port && port <= (toPort ?? 65_535)
}
