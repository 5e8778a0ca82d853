import type {Ec2Instance} from '../core/ports/aws.js'
import {printable} from '../core/text/printable.js'
import type {Candidate} from './kind.js'

const GONE = ['shutting-down', 'terminated']

/** Instances as candidates, each once. One that is terminated (EC2 shows it for an hour) does not count. */
export function candidatesOf(instances: readonly Ec2Instance[]): readonly Candidate[] {
  const present = instances.filter(({state}) => !GONE.includes(state))
  const byId = new Map(present.map((one) => [one.id, one]))
  return [...byId.values()].map(({id, state, vpcId, zone, tags}) => ({
    id,
    state,
    vpcId,
    zone,
    // Others write tags.
    name: tags['Name'] === undefined ? undefined : printable(tags['Name']),
  }))
}
