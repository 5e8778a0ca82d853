import {type Instance, type InstanceState, type ManagedNode} from '../aws/model.js'
import {idOf, REGION} from './names.js'
import {GROUP, VPC} from './network.js'

/** Ids of the machines that tests speak of. */
export const MACHINE = {
  /** Online, in eu-west-1a. */
  bastionA: idOf('i-', 'bastion-a'),
  /** Online, in eu-west-1b, with a newer agent. */
  bastionB: idOf('i-', 'bastion-b'),
  stopped: idOf('i-', 'bastion-stopped'),
  /** Its agent has lost its connection. */
  lost: idOf('i-', 'bastion-lost'),
  /** Its agent does not know the remote-host document. */
  old: idOf('i-', 'bastion-old'),
  /** Has no agent at all. */
  bare: idOf('i-', 'bastion-bare'),
  terminated: idOf('i-', 'bastion-terminated'),
  /** Online, in the staging VPC. */
  staging: idOf('i-', 'bastion-staging'),
  /** On premises, without the advanced tier. */
  onPremises: idOf('mi-', 'dc-bastion'),
}

const WEB = Array.from({length: 42}, (_, index) => `web-${String(index + 1).padStart(2, '0')}`)
const MARK = {'dbtunnel:bastion': 'true'}

interface Machine {
  readonly instance: Instance
  readonly node?: ManagedNode | undefined
}

interface MachineOptions {
  readonly privateAddress?: string
  readonly zone?: 'a' | 'b' | 'c'
  readonly state?: InstanceState
  readonly vpcId?: string | undefined
  readonly group?: string
  readonly tags: Readonly<Record<string, string>>
  readonly agent?: string
  readonly ping?: ManagedNode['ping']
}

function machine(id: string, options: MachineOptions): Machine {
  const {zone = 'a', state = 'running', group = GROUP.bastion, tags, agent, ping = 'Online', privateAddress} = options
  const vpcId = 'vpcId' in options ? options.vpcId : VPC.prod
  return {
    instance: {
      id,
      state,
      vpcId,
      zone: REGION + zone,
      tags,
      securityGroupIds: vpcId === undefined ? [] : [group],
      privateAddress,
    },
    node: agent === undefined ? undefined : {id, ping, agentVersion: agent, tags: {}, connected: ping === 'Online'},
  }
}

/** In no order of usefulness, as EC2 has them; what dbtunnel looks for comes late. */
function all(): Machine[] {
  const web = WEB.map((name, index) =>
    machine(idOf('i-', name), {
      zone: index % 2 ? 'b' : 'a',
      tags: {Name: name, Role: 'web'},
      agent: '3.3.2299.0',
      group: GROUP.web,
    }),
  )
  return [
    machine(MACHINE.terminated, {state: 'terminated', vpcId: undefined, tags: {Name: 'bastion-gone', ...MARK}}),
    machine(MACHINE.bare, {tags: {Name: 'bastion-bare', ...MARK}}),
    ...web,
    machine(MACHINE.old, {tags: {Name: 'gw-legacy', Purpose: 'Bastion', ...MARK}, agent: '3.1.1260.0'}),
    machine(MACHINE.lost, {tags: {Name: 'bastion-lost', ...MARK}, agent: '3.3.2299.0', ping: 'ConnectionLost'}),
    machine(MACHINE.stopped, {
      state: 'stopped',
      tags: {Name: 'bastion-spare', ...MARK},
      agent: '3.3.2299.0',
      ping: 'ConnectionLost',
    }),
    machine(MACHINE.staging, {
      vpcId: VPC.staging,
      group: GROUP.stagingBastion,
      tags: {Name: 'staging-bastion', ...MARK},
      agent: '3.3.2299.0',
    }),
    machine(MACHINE.bastionB, {
      zone: 'b',
      tags: {Name: 'jump-b', Role: 'bastion', ...MARK},
      agent: '3.3.3050.0',
      privateAddress: '10.0.1.20',
    }),
    machine(MACHINE.bastionA, {
      privateAddress: '10.0.0.10',
      tags: {Name: 'prod-bastion-a', ...MARK},
      agent: '3.3.2299.0',
    }),
  ]
}

export function instances(): Instance[] {
  return all().map(({instance}) => instance)
}

export function nodes(): ManagedNode[] {
  const onPremises: ManagedNode = {
    id: MACHINE.onPremises,
    ping: 'Online',
    agentVersion: '3.3.2299.0',
    tags: {Name: 'dc-bastion', ...MARK},
    connected: true,
  }
  return [onPremises, ...all().flatMap(({node}) => node ?? [])]
}
