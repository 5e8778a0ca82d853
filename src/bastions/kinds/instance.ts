import {accountOptions} from '../../core/text/aws-cli-options.js'
import type {BastionKind, BastionRule} from '../kind.js'
import {managedNodes} from '../managed-nodes.js'

interface InstanceRule extends BastionRule {
  readonly kind: 'instance'
  readonly id: string
}

/**
 * One instance by its id. EC2 is not asked: Systems Manager tells whether it can
 * be used, and the person who names it knows whether its VPC leads to the database.
 */
export const instance: BastionKind<InstanceRule> = {
  ...managedNodes,
  id: 'instance',
  form: 'i-…',
  parse: (text) => (/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(text) ? {kind: 'instance', id: text} : undefined),
  namesOne: true,
  noneFound: ({id}, region) => `no instance in ${region} is ${id}`,
  find: async ({id}) => [{id}],
  mend(verdicts, rule, place) {
    const state = `aws ec2 describe-instance-status --include-all-instances --instance-ids ${rule.id}${accountOptions(place)}`
    return managedNodes.mend(verdicts, rule, place) ?? `See its state: ${state}`
  },
}
