import {AwsFault} from '../fault.js'
import {type Account, type ManagedNode, tagsOfNode} from '../model.js'
import {pageOf} from '../page.js'
import {type Call} from './call.js'
import {type JsonInput} from './json-input.js'

const PAGE_SIZE = 10
const MAX_RESULTS = {least: 5, most: 50}
const MAX_VALUES = 100
const MAX_TAG_VALUES = 5

interface Filter {
  readonly key: string
  readonly values: readonly string[]
}

export function describeInstanceInformation(input: JsonInput, call: Call): object {
  call.authorize(call.arn('*'))
  const size = input.number('MaxResults', MAX_RESULTS) ?? PAGE_SIZE
  const token = input.text('NextToken', {least: 0, most: 10_000})
  const filters = readFilters(input)
  const {account} = call
  const request = {limit: size, token, question: JSON.stringify(filters)}
  const page = pageOf(nodesOf(account), request, (node) => filters.every((filter) => passes(filter, node, account)))
  if (!page) throw new AwsFault('InvalidNextToken', 'The specified token is not valid.')
  return {InstanceInformationList: page.items.map((node) => describe(node, account, call.now)), NextToken: page.next}
}

/** A terminated instance leaves the inventory. */
function nodesOf({nodes, instances}: Account): readonly ManagedNode[] {
  return nodes.filter(({id}) => instances.find((instance) => instance.id === id)?.state !== 'terminated')
}

/** `Filters` and the older `InstanceInformationFilterList`, which say the same in other words. */
function readFilters(input: JsonInput): readonly Filter[] {
  const newer = input.structures('Filters')
  const older = input.structures('InstanceInformationFilterList')
  if (newer && older) {
    throw new AwsFault('ValidationException', 'Filters and InstanceInformationFilterList cannot be used together.')
  }
  const filters = [
    ...(newer ?? []).map((filter) => readFilter(filter, {key: 'Key', values: 'Values'})),
    ...(older ?? []).map((filter) => readFilter(filter, {key: 'key', values: 'valueSet'})),
  ]
  const tagged = filters.filter(({key}) => isTagKey(key))
  if (tagged.length > 0 && filters.length > 1) {
    throw new AwsFault('ValidationException', 'Cannot mix tag or inventory filter with any other filter.')
  }
  if (tagged.some(({values}) => values.length > MAX_TAG_VALUES)) {
    throw new AwsFault('ValidationException', `A tag filter takes at most ${MAX_TAG_VALUES} values.`)
  }
  return filters
}

function readFilter(filter: JsonInput, names: {key: string; values: string}): Filter {
  const key = filter.requiredText(names.key, {least: 1, most: 128})
  const values = filter.strings(names.values, {least: 1, most: MAX_VALUES})
  if (!isTagKey(key) && !KEYS.has(key)) throw new AwsFault('InvalidFilterKey', `The specified key ${key} is not valid.`)
  const malformed =
    key === 'InstanceIds' && values.find((value) => !/^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/.test(value))
  if (malformed) throw new AwsFault('InvalidInstanceInformationFilterValue', `${malformed} is no instance id.`)
  if (key === 'ResourceType' && values.length > 1) {
    throw new AwsFault('InvalidInstanceInformationFilterValue', 'ResourceType filter may contain only one value.')
  }
  return {key, values}
}

const KEYS = new Map<string, (node: ManagedNode) => string>([
  ['InstanceIds', ({id}) => id],
  ['PingStatus', ({ping}) => ping],
  ['AgentVersion', ({agentVersion}) => agentVersion],
  ['PlatformTypes', () => 'Linux'],
  ['ResourceType', ({id}) => resourceType(id)],
])

function isTagKey(key: string): boolean {
  return key === 'tag-key' || key.startsWith('tag:')
}

function passes({key, values}: Filter, node: ManagedNode, account: Account): boolean {
  const tags = tagsOfNode(account, node.id)
  if (key === 'tag-key') return values.some((value) => tags[value] !== undefined)
  const actual = key.startsWith('tag:') ? tags[key.slice('tag:'.length)] : KEYS.get(key)?.(node)
  return actual !== undefined && values.includes(actual)
}

function describe(node: ManagedNode, account: Account, now: number): object {
  const silentMs = node.ping === 'Online' ? 60_000 : 26 * 60 * 60_000
  return {
    InstanceId: node.id,
    PingStatus: node.ping,
    LastPingDateTime: (now - silentMs) / 1000,
    AgentVersion: node.agentVersion,
    IsLatestVersion: false,
    PlatformType: 'Linux',
    PlatformName: 'Amazon Linux',
    PlatformVersion: '2023',
    ResourceType: resourceType(node.id),
    ComputerName: `${node.id}.eu-west-1.compute.internal`,
    // An on-premises node's name is part of its registration; an instance's is a tag of EC2's.
    Name: node.id.startsWith('mi-') ? tagsOfNode(account, node.id)['Name'] : undefined,
  }
}

function resourceType(id: string): string {
  return id.startsWith('mi-') ? 'ManagedInstance' : 'EC2Instance'
}
