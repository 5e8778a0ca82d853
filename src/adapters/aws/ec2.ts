import type {Instance, IpPermission} from '@aws-sdk/client-ec2'
import type {Ec2Api, Ec2Instance, SecurityRule} from '../../core/ports/aws.js'
import type {Connection} from './connection.js'
import {allPages} from './pages.js'

/** The most that a page may hold. */
const MaxResults = 1000

export function ec2Api(connection: Connection): Ec2Api {
  const load = connection.loader(async () => {
    const sdk = await import('./clients/ec2.js')
    return {sdk, client: connection.adopt(new sdk.EC2Client(connection.clientConfig))}
  })
  return {
    async instances(query, signal) {
      const {sdk, client} = await load()
      const action = 'ec2:DescribeInstances'
      // Ids as a filter: one that does not exist is then left out, where a list of ids would be refused whole.
      const filters = 'ids' in query ? [{name: 'instance-id', values: query.ids}] : query.filters
      const Filters = filters.map(({name, values}) => ({Name: name, Values: [...values]}))
      const reservations = await allPages(action, async (NextToken) => {
        const input = {Filters, MaxResults, ...(NextToken === undefined ? {} : {NextToken})}
        const send = new sdk.DescribeInstancesCommand(input)
        const answer = await connection.ask(action, (options) => client.send(send, options), signal)
        return {items: answer.Reservations, next: answer.NextToken}
      })
      return reservations.flatMap(({Instances = []}) => Instances.flatMap((one) => instanceOf(one)))
    },

    async securityGroups(ids, signal) {
      const {sdk, client} = await load()
      const action = 'ec2:DescribeSecurityGroups'
      const Filters = [{Name: 'group-id', Values: [...ids]}]
      const groups = await allPages(action, async (NextToken) => {
        const input = {Filters, MaxResults, ...(NextToken === undefined ? {} : {NextToken})}
        const send = new sdk.DescribeSecurityGroupsCommand(input)
        const answer = await connection.ask(action, (options) => client.send(send, options), signal)
        return {items: answer.SecurityGroups, next: answer.NextToken}
      })
      return groups.map(({GroupId = '', IpPermissions = [], IpPermissionsEgress = []}) => ({
        id: GroupId,
        ingress: IpPermissions.map(ruleOf),
        egress: IpPermissionsEgress.map(ruleOf),
      }))
    },
  }
}

function instanceOf(one: Instance): readonly Ec2Instance[] {
  if (!one.InstanceId) return []
  const tags = (one.Tags ?? []).map(({Key = '', Value = ''}) => [Key, Value] as const)
  return [
    {
      id: one.InstanceId,
      state: one.State?.Name ?? '',
      vpcId: one.VpcId,
      zone: one.Placement?.AvailabilityZone,
      tags: Object.fromEntries(tags),
      securityGroupIds: (one.SecurityGroups ?? []).flatMap(({GroupId: id}) => id ?? []),
      privateAddress: one.PrivateIpAddress,
    },
  ]
}

function ruleOf(one: IpPermission): SecurityRule {
  return {
    protocol: one.IpProtocol ?? '',
    fromPort: one.FromPort,
    toPort: one.ToPort,
    groupIds: (one.UserIdGroupPairs ?? []).flatMap(({GroupId: id}) => id ?? []),
    cidrs: (one.IpRanges ?? []).flatMap(({CidrIp: cidr}) => cidr ?? []),
    prefixListIds: (one.PrefixListIds ?? []).flatMap(({PrefixListId: id}) => id ?? []),
  }
}
