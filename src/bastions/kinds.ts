import type {BastionRule} from './rule.js'
import type {BastionKind} from './kind.js'
import {any} from './kinds/any.js'
import {instance} from './kinds/instance.js'
import {managedNode} from './kinds/managed-node.js'
import {tag} from './kinds/tag.js'
import {tagged} from './kinds/tagged.js'

/** Every file of kinds/: a list and not a folder listing, for it must survive bundling. */
const kinds: {readonly [Kind in BastionRule['kind']]: BastionKind<Kind>} = {
  any,
  instance,
  'managed-node': managedNode,
  tag,
  tagged,
}

export function kindOf(rule: BastionRule): BastionKind {
  return kinds[rule.kind] as BastionKind
}
