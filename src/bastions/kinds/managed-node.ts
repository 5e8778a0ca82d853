import type {BastionKind} from '../kind.js'

/** A machine outside EC2 that is registered with Systems Manager, by its id. */
export const managedNode: BastionKind<'managed-node'> = {
  kind: 'managed-node',
  describe: ({id}) => `is ${id}`,
  find: async ({id}) => [{id}],
}
