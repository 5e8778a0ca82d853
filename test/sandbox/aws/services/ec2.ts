import {AwsFault} from '../fault.js'
import {type Instance, type InstanceState, type SecurityGroup} from '../model.js'
import {type Page, pageOf} from '../page.js'
import {type QueryParameters} from '../query-parameters.js'
import {type Xml} from '../xml.js'
import {type Call} from './call.js'
import {type QueryAction} from './query-service.js'

/** EC2 gives 1000 at most; its pages may be shorter, and these are, so that every listing has several. */
const PAGE_SIZE = 25
const MAX_RESULTS = {least: 5, most: 1000}
const MAX_VALUES = 200

const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
}

const describeInstances: QueryAction = (parameters, call) => {
  call.authorize('*')
  const ids = parameters.list('InstanceId')
  const {instances} = call.account
  const keep = filterOf<Instance>(parameters, {
    'instance-id': ({id}) => [id],
    'instance-state-name': ({state}) => [state],
    'vpc-id': ({vpcId}) => (vpcId === undefined ? [] : [vpcId]),
    'availability-zone': ({zone}) => [zone],
    'instance.group-id': ({securityGroupIds}) => securityGroupIds,
    'tag-key': ({tags}) => Object.keys(tags),
  })
  if (ids.length > 0) {
    if (parameters.get('MaxResults') !== undefined) {
      const message = 'The parameter instancesSet cannot be used with the parameter maxResults'
      throw new AwsFault('InvalidParameterCombination', message)
    }
    return {
      reservationSet: {
        item: chosen(ids, instances)
          .filter(keep)
          .map((one) => reservationXml(one, call)),
      },
    }
  }
  const {items, next} = ec2Page(instances, parameters, keep)
  return {reservationSet: {item: items.map((instance) => reservationXml(instance, call))}, nextToken: next}
}

const describeSecurityGroups: QueryAction = (parameters, call) => {
  call.authorize('*')
  const ids = parameters.list('GroupId')
  const {securityGroups} = call.account
  const missing = ids.find((id) => !securityGroups.some((group) => group.id === id))
  if (missing !== undefined) {
    throw new AwsFault('InvalidGroup.NotFound', `The security group '${missing}' does not exist`)
  }
  const asked = filterOf<SecurityGroup>(parameters, {
    'group-id': ({id}) => [id],
    'group-name': ({name}) => [name],
    'vpc-id': ({vpcId}) => [vpcId],
  })
  const {items, next} = ec2Page(
    securityGroups,
    parameters,
    (group) => (ids.length === 0 || ids.includes(group.id)) && asked(group),
  )
  return {securityGroupInfo: {item: items.map((group) => groupXml(group, call))}, nextToken: next}
}

export const EC2_ACTIONS: Readonly<Record<string, QueryAction>> = {
  DescribeInstances: describeInstances,
  DescribeSecurityGroups: describeSecurityGroups,
}

/** The named instances; one that does not exist fails the whole request. */
function chosen(ids: readonly string[], instances: readonly Instance[]): readonly Instance[] {
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
  if (malformed !== undefined) {
    throw new AwsFault('InvalidInstanceID.Malformed', `Invalid id: "${malformed}" (expecting "i-...")`)
  }
  const missing = ids.filter((id) => !instances.some((instance) => instance.id === id))
  if (missing.length > 0) {
    const several = missing.length > 1
    const message = `The instance ID${several ? 's' : ''} '${missing.join(', ')}' do${several ? '' : 'es'} not exist`
    throw new AwsFault('InvalidInstanceID.NotFound', message)
  }
  return instances.filter(({id}) => ids.includes(id))
}

interface Tagged {
  readonly id: string
  readonly tags?: Readonly<Record<string, string>>
}

/** Filters are and-ed, their values or-ed; `*` and `?` are wildcards, case matters. `tag:KEY` is known beside `known`. */
function filterOf<T extends Tagged>(
  parameters: QueryParameters,
  known: Readonly<Record<string, (item: T) => readonly string[]>>,
): (item: T) => boolean {
  const tests = parameters.structures('Filter').map((filter) => {
    const name = filter.get('Name') ?? ''
    const values = filter.list('Value')
    const read = name.startsWith('tag:') ? tagReader<T>(name.slice('tag:'.length)) : known[name]
    if (!read) throw new AwsFault('InvalidParameterValue', `The filter '${name}' is invalid`)
    if (values.length > MAX_VALUES) {
      throw new AwsFault('FilterLimitExceeded', 'The maximum number of filter values specified on a single call is 200')
    }
    const patterns = values.map(wildcard)
    return (item: T) => read(item).some((value) => patterns.some((pattern) => pattern.test(value)))
  })
  return (item) => tests.every((test) => test(item))
}

function tagReader<T extends Tagged>(key: string): (item: T) => string[] {
  return ({tags = {}}) => {
    const value = tags[key]
    return value === undefined ? [] : [value]
  }
}

/** A backslash takes a wildcard its meaning. */
function wildcard(value: string): RegExp {
  const source = value.replace(/\\[*?\\]|[\\^$.*+?()[\]{}|]/g, (mark) => {
    if (mark.length === 2) return `\\${mark[1]}`
    return mark === '*' ? '.*' : mark === '?' ? '.' : `\\${mark}`
  })
  return new RegExp(`^${source}$`, 's')
}

function ec2Page<T>(all: readonly T[], parameters: QueryParameters, keep: (item: T) => boolean): Page<T> {
  const asked = parameters.get('MaxResults')
  const size = asked === undefined ? MAX_RESULTS.most : Number(asked)
  if (!(size >= MAX_RESULTS.least && size <= MAX_RESULTS.most)) {
    const message = `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value from 5 to 1000.`
    throw new AwsFault('InvalidParameterValue', message)
  }
  const {NextToken: token, MaxResults: _, ...question} = parameters.toJSON()
  const page = pageOf(all, {limit: Math.min(size, PAGE_SIZE), token, question: JSON.stringify(question)}, keep)
  if (!page) throw new AwsFault('InvalidNextToken', 'The token is invalid.')
  return page
}

function reservationXml(instance: Instance, call: Call): Xml {
  const {id, state, vpcId, zone, tags} = instance
  const groups = call.account.securityGroups.filter((group) => instance.securityGroupIds.includes(group.id))
  const groupSet = {item: groups.map((group) => ({groupId: group.id, groupName: group.name}))}
  return {
    reservationId: `r-${id.slice(2)}`,
    ownerId: call.account.id,
    groupSet: {},
    instancesSet: {
      item: [
        {
          instanceId: id,
          imageId: 'ami-0c1c30571d2dae5c9',
          instanceState: {code: STATE_CODES[state], name: state},
          instanceType: 't4g.nano',
          placement: {availabilityZone: zone, tenancy: 'default'},
          vpcId,
          privateIpAddress: instance.privateAddress,
          architecture: 'arm64',
          tagSet: {item: Object.entries(tags).map(([key, value]) => ({key, value}))},
          groupSet,
        },
      ],
    },
  }
}

function groupXml(group: SecurityGroup, call: Call): Xml {
  // AWS leaves the ports out where all are meant.
  const all = [{ipProtocol: '-1'}]
  const egressPorts = group.egressPorts?.map((port) => ({ipProtocol: 'tcp', fromPort: port, toPort: port})) ?? all
  return {
    ownerId: call.account.id,
    groupId: group.id,
    groupName: group.name,
    groupDescription: group.name,
    vpcId: group.vpcId,
    ipPermissions: {
      item: group.ingress.map(({port, fromGroups, fromCidrs = []}) => ({
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        groups: {item: fromGroups.map((groupId) => ({userId: call.account.id, groupId}))},
        ipRanges: {item: fromCidrs.map((cidrIp) => ({cidrIp}))},
      })),
    },
    ipPermissionsEgress: {
      item: egressPorts.map((ports) => ({...ports, groups: {}, ipRanges: {item: [{cidrIp: '0.0.0.0/0'}]}})),
    },
  }
}
