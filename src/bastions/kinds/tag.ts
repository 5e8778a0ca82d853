import {candidatesOf} from '../instances.js'
import type {BastionKind, BastionRule} from '../kind.js'
import {managedNodes} from '../managed-nodes.js'

interface TagRule extends BastionRule {
  readonly kind: 'tag'
  readonly key: string
  /** `*` and `?` in it are EC2's wildcards. */
  readonly value: string
}

/** By one tag, in any state and VPC, so that a refusal can say why. */
export const tag: BastionKind<TagRule> = {
  ...managedNodes,
  id: 'tag',
  form: 'tag:Key=Value',
  parse(text) {
    const [, key, value] = /^tag:([^=]{1,128})=(.{0,256})$/.exec(text) ?? []
    return key === undefined || value === undefined ? undefined : {kind: 'tag', key, value}
  },
  namesOne: false,
  noneFound: ({key, value}, region) => `no instance in ${region} has the tag ${key}=${value}`,
  async find({key, value}, {ec2}, signal) {
    return candidatesOf(await ec2.instances({filters: [{name: `tag:${key}`, values: [value]}]}, signal))
  },
}
