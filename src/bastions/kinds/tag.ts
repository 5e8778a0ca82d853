import {candidatesOf} from '../candidate.js'
import type {BastionKind} from '../kind.js'

/** `tag:Key=Value`, in any state and VPC, so that a refusal can say why. */
export const tag: BastionKind<'tag'> = {
  kind: 'tag',
  describe: ({key, value}) => `has the tag ${key}=${value}`,
  async find({key, value}, ec2, signal) {
    return candidatesOf(await ec2.instances({filters: [{name: `tag:${key}`, values: [value]}]}, signal))
  },
}
