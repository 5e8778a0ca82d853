import type {BastionKind} from '../kind.js'

/**
 * One instance by its id. EC2 is not asked: Systems Manager tells whether it can
 * be used, and whoever names it knows whether its VPC leads to the database.
 */
export const instance: BastionKind<'instance'> = {
  kind: 'instance',
  describe: ({id}) => `is ${id}`,
  find: async ({id}) => [{id}],
}
