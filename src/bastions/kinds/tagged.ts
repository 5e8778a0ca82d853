import {candidatesOf} from '../candidate.js'
import type {BastionKind} from '../kind.js'

// EC2 filters know upper from lower case.
const WORDS = ['*bastion*', '*Bastion*', '*BASTION*']
const KEYS = ['Name', 'Role', 'Purpose']

/** Nobody named a bastion: what its tags call one. In any state and VPC, so that a refusal can say why. */
export const tagged: BastionKind<'tagged'> = {
  kind: 'tagged',
  describe: () => 'has "bastion" in its tag Name, Role or Purpose, or a tag dbtunnel:bastion',
  async find(_rule, ec2, signal) {
    // Filters are and-ed: one call for each way in which a bastion shows.
    const filters = [
      ...KEYS.map((key) => ({name: `tag:${key}`, values: WORDS})),
      {name: 'tag-key', values: ['dbtunnel:bastion']},
    ]
    const found = await Promise.all(filters.map((filter) => ec2.instances({filters: [filter]}, signal)))
    return candidatesOf(found.flat())
  },
}
