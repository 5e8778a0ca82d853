import {candidatesOf} from '../instances.js'
import type {BastionKind} from '../kind.js'
import {managedNodes} from '../managed-nodes.js'

/** Any running instance; there may be many, so the others are left out by EC2. */
export const any: BastionKind = {
  ...managedNodes,
  id: 'any',
  form: 'any',
  parse: (text) => (text === 'any' ? {kind: 'any'} : undefined),
  namesOne: false,
  noneFound: (_rule, region) => `no instance in ${region} is running`,
  async find(_rule, {ec2}, signal) {
    return candidatesOf(await ec2.instances({filters: [{name: 'instance-state-name', values: ['running']}]}, signal))
  },
}
