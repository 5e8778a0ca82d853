import {candidatesOf} from '../instances.js'
import type {BastionKind} from '../kind.js'
import {managedNodes} from '../managed-nodes.js'

// EC2 filters know upper from lower case.
const WORDS = ['*bastion*', '*Bastion*', '*BASTION*']
const KEYS = ['Name', 'Role', 'Purpose']

/** No rule was given: what its tags call a bastion. In any state and VPC, so that a refusal can say why. */
export const tagged: BastionKind = {
  ...managedNodes,
  id: 'tagged',
  namesOne: false,
  noneFound: (_rule, region) =>
    `no instance in ${region} has "bastion" in its tag Name, Role or Purpose, or a tag dbtunnel:bastion`,
  async find(_rule, {ec2}, signal) {
    // Filters are and-ed: one call for each way in which a bastion shows.
    const filters = [
      ...KEYS.map((key) => ({name: `tag:${key}`, values: WORDS})),
      {name: 'tag-key', values: ['dbtunnel:bastion']},
    ]
    const found = await Promise.all(filters.map((filter) => ec2.instances({filters: [filter]}, signal)))
    return candidatesOf(found.flat())
  },
}
