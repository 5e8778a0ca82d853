import type {BastionKind, BastionRule} from './kind.js'
import {kinds} from './kinds.js'

/** The kind that a rule is of. */
export function kindOf(rule: BastionRule): BastionKind {
  const kind = kinds.find(({id}) => id === rule.kind)
  if (!kind) throw new Error(`There is no bastion kind ${rule.kind}.`)
  return kind
}
