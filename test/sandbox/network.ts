import {BlockList} from 'node:net'
import {type Account, type Cluster, type Database} from './aws/model.js'
import {type SessionRecord} from './aws/sessions.js'
import {type Endpoint, type MysqlFamily} from './database/endpoint.js'

/** A name and port of the account's private network. */
interface Place {
  readonly endpoint: Endpoint
  readonly securityGroupIds: readonly string[]
}

/** Everything in the account that a client could log in to, as it stands whenever it is asked. */
export function endpointsOf(account: Account): Endpoint[] {
  return placesOf(account).map(({endpoint}) => endpoint)
}

/** Whether the bastions of these sessions get through to an endpoint: `dropped` packets get no answer at all. */
export function routeTo(
  host: string,
  port: number,
  accounts: readonly Account[],
  sessions: readonly SessionRecord[],
): 'open' | 'dropped' | 'unknown' {
  // The agent's dial does not say which session it is for; those for this place decide together.
  const asking = sessions.filter(({parameters}) => parameters['host']?.[0] === host)
  for (const account of accounts) {
    const place = placesOf(account).find(({endpoint}) => endpoint.host === host.toLowerCase() && endpoint.port === port)
    if (!place) continue
    const mine = asking.filter(({accountId}) => accountId === account.id)
    return mine.some(({target}) => letsIn(place, target, account)) ? 'open' : 'dropped'
  }
  return 'unknown'
}

function letsIn({securityGroupIds, endpoint}: Place, target: string, account: Account): boolean {
  const machine = account.instances.find(({id}) => id === target)
  // On-premises nodes come in by a line of their own.
  if (!machine) return target.startsWith('mi-')
  const groups = account.securityGroups.filter(
    ({id, vpcId}) => securityGroupIds.includes(id) && vpcId === machine.vpcId,
  )
  const own = account.securityGroups.filter(({id}) => machine.securityGroupIds.includes(id))
  const isLetOut = own.some(({egressPorts}) => egressPorts?.includes(endpoint.port) ?? true)
  return (
    isLetOut &&
    groups
      .flatMap(({ingress}) => ingress)
      .some(
        ({port, fromGroups, fromCidrs = []}) =>
          port === endpoint.port &&
          (fromGroups.some((id) => machine.securityGroupIds.includes(id)) ||
            fromCidrs.some((cidr) => isWithin(machine.privateAddress, cidr))),
      )
  )
}

function isWithin(address: string | undefined, cidr: string): boolean {
  const [block = '', bits = ''] = cidr.split('/')
  const blocks = new BlockList()
  blocks.addSubnet(block, Number(bits))
  return address !== undefined && blocks.check(address)
}

function placesOf({databases, clusters, globalDatabases}: Account): Place[] {
  const ofInstances = databases.flatMap((database): Place[] => {
    const {host, port, securityGroupIds, clusterId} = database
    if (host === undefined || !isServed(database)) return []
    // Members log in under their cluster's resource id.
    const owner = clusters.find(({id}) => id === clusterId) ?? database
    return [{endpoint: endpointAt({host, port}, owner), securityGroupIds}]
  })
  const ofClusters = clusters.filter(isServed).flatMap((cluster): Place[] => {
    const {port, securityGroupIds, writerHost, readerHost} = cluster
    const hostOf = (memberId: string): string | undefined => databases.find(({id}) => id === memberId)?.host
    const custom = cluster.customEndpoints.map(({host, staticMembers}) => {
      // The server behind it does not know that name, neither in its certificate nor in tokens.
      return {host, port, names: staticMembers.flatMap((id) => hostOf(id) ?? [])}
    })
    const global = globalDatabases.filter(({writerId}) => writerId === cluster.id).map(({host}) => ({host, port}))
    return [{host: writerHost, port}, {host: readerHost, port}, ...custom, ...global].map((address) => {
      return {endpoint: endpointAt(address, cluster), securityGroupIds}
    })
  })
  return [...ofInstances, ...ofClusters]
}

function isServed({status, users}: Database | Cluster): boolean {
  return status === 'available' && users.length > 0
}

function endpointAt(address: Pick<Endpoint, 'host' | 'port' | 'names'>, owner: Database | Cluster): Endpoint {
  const mysql = mysqlFamilyOf(owner)
  const {resourceId, users, databaseName = mysql ? 'mysql' : 'postgres'} = owner
  return {
    ...address,
    resourceId,
    users,
    databaseName,
    mysql,
    // Tests may switch it while the endpoint is served.
    get iamLogin() {
      return owner.iamLogin
    },
  }
}

/** Aurora's versions begin with the MySQL that they speak for, and RDS leaves its last number out. */
function mysqlFamilyOf({engine, engineVersion}: Database | Cluster): MysqlFamily | undefined {
  if (engine === 'mariadb') return {family: 'mariadb', version: engineVersion}
  if (engine !== 'mysql' && engine !== 'aurora-mysql') return undefined
  return {family: 'mysql', version: engineVersion.replace(/^(\d+\.\d+)\.mysql_aurora.*$/, '$1.39')}
}
