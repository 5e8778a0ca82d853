import type {BastionKind, BastionRule} from '../kind.js'
import {managedNodes} from '../managed-nodes.js'

interface NodeRule extends BastionRule {
  readonly kind: 'managed-node'
  readonly id: string
}

/** A machine outside EC2 that is registered with Systems Manager, by its id. */
export const managedNode: BastionKind<NodeRule> = {
  ...managedNodes,
  id: 'managed-node',
  form: 'mi-…',
  parse: (text) => (/^mi-[0-9a-f]{17}$/.test(text) ? {kind: 'managed-node', id: text} : undefined),
  namesOne: true,
  noneFound: ({id}, region) => `no instance in ${region} is ${id}`,
  find: async ({id}) => [{id}],
  mend: (verdicts, rule, place) =>
    managedNodes.mend(verdicts, rule, place) ?? 'Start its agent, or name another with --bastion.',
}
