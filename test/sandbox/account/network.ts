import {type SecurityGroup} from '../aws/model.js'
import {idOf} from './names.js'

export const VPC = {prod: idOf('vpc-', 'prod'), staging: idOf('vpc-', 'staging')}

const sg = (name: string): string => idOf('sg-', name)

/** Ids of the security groups. */
export const GROUP = {
  bastion: sg('bastion'),
  web: sg('web'),
  databases: sg('databases'),
  /** Lets the web servers in, and no bastion. */
  sealed: sg('sealed'),
  stagingBastion: sg('staging-bastion'),
  stagingDatabases: sg('staging-databases'),
}

const DATABASE_PORTS = [5432, 5433, 3306, 27017]

export function securityGroups(): SecurityGroup[] {
  const letIn = (fromGroups: readonly string[]): SecurityGroup['ingress'] =>
    DATABASE_PORTS.map((port) => ({port, fromGroups}))
  return [
    {id: GROUP.bastion, name: 'bastion', vpcId: VPC.prod, ingress: []},
    {id: GROUP.web, name: 'web', vpcId: VPC.prod, ingress: []},
    {id: GROUP.databases, name: 'databases', vpcId: VPC.prod, ingress: letIn([GROUP.bastion, GROUP.web])},
    {id: GROUP.sealed, name: 'sealed', vpcId: VPC.prod, ingress: letIn([GROUP.web])},
    {id: GROUP.stagingBastion, name: 'staging-bastion', vpcId: VPC.staging, ingress: []},
    {
      id: GROUP.stagingDatabases,
      name: 'staging-databases',
      vpcId: VPC.staging,
      ingress: letIn([GROUP.stagingBastion]),
    },
  ]
}
