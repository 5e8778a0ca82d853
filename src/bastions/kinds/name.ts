import {candidatesOf} from '../instances.js'
import type {BastionKind, BastionRule} from '../kind.js'
import {managedNodes} from '../managed-nodes.js'

interface NameRule extends BastionRule {
  readonly kind: 'name'
  /** `*` and `?` in it are EC2's wildcards. */
  readonly name: string
}

/** By what `list` and the progress call it: its Name tag. No word that another kind could be meant by is one. */
export const name: BastionKind<NameRule> = {
  ...managedNodes,
  id: 'name',
  form: 'NAME',
  parse(text) {
    const isName = /^[\p{L}\p{N}*?][\p{L}\p{N} _.*?+@=/-]{0,255}$/u.test(text) && text.trim() === text
    return isName && !/^(m?i-|any$|tag$)/i.test(text) ? {kind: 'name', name: text} : undefined
  },
  namesOne: false,
  noneFound: (rule, region) => `no instance in ${region} has the Name ${rule.name}`,
  async find(rule, {ec2}, signal) {
    return candidatesOf(await ec2.instances({filters: [{name: 'tag:Name', values: [rule.name]}]}, signal))
  },
}
