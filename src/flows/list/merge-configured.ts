import type {ListedDatabase, ListedName, ListedTunnel, Listing} from '../../core/results/database-listing.js'
import {leadsTo} from '../../targets/points-at.js'
import type {TargetName} from '../../targets/parse-target.js'
import type {ConfiguredName} from '../request/configured-targets.js'
import type {FoundRecord} from '../../tunnel/registry/read-records.js'

type Known = Omit<ListedDatabase, 'names' | 'open'>

interface OpenTunnel extends ListedTunnel {
  readonly host: string
}

/** What is open now in this region. */
export function openTunnels(records: readonly FoundRecord[], region: string): readonly OpenTunnel[] {
  return records.flatMap(({process, record: {account, endpoint, localPort, command, owner}}) =>
    process === 'alive' && account.region === region ? [{host: endpoint.host, localPort, command, pid: owner.pid}] : [],
  )
}

/** Each database with the names that the config files have for it, and what is open; then the names that are of none. */
export function besideConfigured(
  known: readonly Known[],
  names: readonly ConfiguredName[],
  tunnels: readonly OpenTunnel[],
): Pick<Listing, 'databases' | 'configured'> {
  const left = new Set(names)
  const databases = known.map((row): ListedDatabase => {
    const own = names.filter(({name, isHere}) => isHere && isOf(name, row))
    own.forEach((one) => left.delete(one))
    const tags = Object.assign({}, row.tags, ...own.map((one) => one.tags)) as ListedDatabase['tags']
    return {
      ...row,
      tags,
      names: own.map(({name}) => name.text),
      open: shown(tunnels.find(({host}) => host === row.host)),
    }
  })
  const configured = [...left].map(({name, standsFor, tags, isHere}): ListedName => ({
    target: name.text,
    standsFor,
    tags,
    open: shown(isHere ? tunnels.find(({host}) => leadsTo(name, host)) : undefined),
  }))
  return {databases, configured}
}

function shown(tunnel: OpenTunnel | undefined): ListedTunnel | null {
  return tunnel ? {localPort: tunnel.localPort, command: tunnel.command, pid: tunnel.pid} : null
}

function isOf(name: TargetName, {target, host}: Known): boolean {
  switch (name.kind) {
    case 'global':
    case 'endpoint':
      return name.host === host
    case 'name':
      return name.id === target
    case 'reader':
      return `${name.clusterId}:reader` === target
    case 'custom':
      return `${name.clusterId}:${name.endpointId}` === target
  }
}
