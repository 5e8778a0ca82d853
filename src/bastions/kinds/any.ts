import {candidatesOf} from '../candidate.js'
import type {BastionKind} from '../kind.js'

/** Any running instance; there may be many, so the others are left out by EC2. */
export const any: BastionKind<'any'> = {
  kind: 'any',
  describe: () => 'is running',
  async find(_rule, ec2, signal) {
    return candidatesOf(await ec2.instances({filters: [{name: 'instance-state-name', values: ['running']}]}, signal))
  },
}
