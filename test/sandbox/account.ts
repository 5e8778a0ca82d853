import {clusters, databases, globalDatabases, USERS} from './account/databases.js'
import {engineerPolicy, EVERYTHING, identities, roleSession} from './account/identities.js'
import {instances, nodes} from './account/machines.js'
import {endpointNames, idOf, REGION, resourceIdOf} from './account/names.js'
import {securityGroups} from './account/network.js'
import {type Account} from './aws/model.js'

export {engineerPolicy, PERMISSIONS, roleSession} from './account/identities.js'
export {MACHINE} from './account/machines.js'
export {endpointNames, REGION, resourceIdOf} from './account/names.js'
export {VPC} from './account/network.js'

export const ACCOUNT_ID = '412093857610'
export const OTHER_ACCOUNT_ID = '865310427799'

/** The account that tests and the demo work in. A fresh one each time: tests may change theirs. */
export function defaultAccount(): Account {
  return {
    id: ACCOUNT_ID,
    databases: databases(),
    clusters: clusters(),
    globalDatabases: globalDatabases(),
    instances: instances(),
    nodes: nodes(),
    securityGroups: securityGroups(),
    identities: identities(ACCOUNT_ID),
    advancedTier: false,
  }
}

/** Someone else's: the same names, other ids. Nothing of one account may be seen or used from the other. */
export function otherAccount(): Account {
  const vpcId = idOf('vpc-', 'other')
  const [bastionGroup, databaseGroup] = [idOf('sg-', 'other-bastion'), idOf('sg-', 'other-databases')]
  const bastionId = idOf('i-', 'other-bastion')
  const zone = `${REGION}a`
  return {
    id: OTHER_ACCOUNT_ID,
    databases: [
      {
        id: 'prod-db',
        engine: 'postgres',
        engineVersion: '16.4',
        status: 'available',
        host: endpointNames('dx7p2kq0aa1z').instance('prod-db'),
        port: 5432,
        resourceId: resourceIdOf('db', 'other-prod-db'),
        vpcId,
        zone,
        iamLogin: true,
        databaseName: 'shop',
        securityGroupIds: [databaseGroup],
        users: USERS,
      },
    ],
    clusters: [],
    globalDatabases: [],
    instances: [
      {
        id: bastionId,
        state: 'running',
        vpcId,
        zone,
        tags: {Name: 'bastion', 'dbtunnel:bastion': 'true'},
        securityGroupIds: [bastionGroup],
      },
    ],
    nodes: [{id: bastionId, ping: 'Online', agentVersion: '3.3.2299.0', tags: {}, connected: true}],
    securityGroups: [
      {id: bastionGroup, name: 'bastion', vpcId, ingress: []},
      {id: databaseGroup, name: 'databases', vpcId, ingress: [{port: 5432, fromGroups: [bastionGroup]}]},
    ],
    identities: [
      roleSession('mallory', 'Engineer', [engineerPolicy(OTHER_ACCOUNT_ID)]),
      roleSession('other-admin', 'Administrator', [EVERYTHING]),
    ],
    advancedTier: false,
  }
}
