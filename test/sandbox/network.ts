import {type Account} from './aws/model.js'
import {type SessionRecord} from './aws/sessions.js'
import {type Endpoint} from './database/endpoint.js'

/** A name and port of the account's private network. */
interface Place {
  readonly endpoint: Endpoint
  readonly securityGroupIds: readonly string[]
}

/** Everything in the account that a PostgreSQL client could log in to, as it stands whenever it is asked. */
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
  return groups
    .flatMap(({ingress}) => ingress)
    .some(
      ({port, fromGroups}) => port === endpoint.port && fromGroups.some((id) => machine.securityGroupIds.includes(id)),
    )
}

function placesOf({databases, clusters}: Account): Place[] {
  const ofInstances = databases.flatMap((database): Place[] => {
    const {host, port, users, securityGroupIds, databaseName = 'postgres'} = database
    if (host === undefined || users.length === 0 || database.status !== 'available') return []
    // Members log in under their cluster's resource id.
    const owner = clusters.find(({id}) => id === database.clusterId) ?? database
    const {resourceId} = owner
    const endpoint = {host, port, resourceId, databaseName, users, iamLogin: owner.iamLogin}
    return [{endpoint, securityGroupIds}]
  })
  const ofClusters = clusters.flatMap((cluster): Place[] => {
    const {port, resourceId, users, securityGroupIds, databaseName = 'postgres', iamLogin} = cluster
    if (users.length === 0 || cluster.status !== 'available') return []
    const common = {port, resourceId, databaseName, users, iamLogin}
    const hostOf = (memberId: string): string | undefined => databases.find(({id}) => id === memberId)?.host
    const custom = cluster.customEndpoints.map(({host, staticMembers}) => {
      // The server behind it does not know that name, neither in its certificate nor in tokens.
      return {...common, host, names: staticMembers.flatMap((id) => hostOf(id) ?? [])}
    })
    const endpoints = [{...common, host: cluster.writerHost}, {...common, host: cluster.readerHost}, ...custom]
    return endpoints.map((endpoint) => ({endpoint, securityGroupIds}))
  })
  return [...ofInstances, ...ofClusters]
}
