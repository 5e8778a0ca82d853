import type {ClusterEndpoint, DatabaseCluster, DatabaseInstance} from '../core/ports/aws.js'
import {isServing} from './database-status.js'

/** The member of a cluster that serves a custom endpoint now: a reader rather than the writer, then by name. */
export function chooseMember(
  custom: ClusterEndpoint,
  cluster: DatabaseCluster,
  members: readonly DatabaseInstance[],
): DatabaseInstance | undefined {
  const writers = new Set(cluster.members.filter(({writer}) => writer).map(({instanceId}) => instanceId))
  const {staticMembers, excludedMembers, customKind} = custom
  return members
    .filter(({id}) => (staticMembers.length > 0 ? staticMembers.includes(id) : !excludedMembers.includes(id)))
    .filter(({id}) => customKind !== 'READER' || !writers.has(id))
    .filter(({id}) => customKind !== 'WRITER' || writers.has(id))
    .filter((member) => member.endpoint !== undefined && isServing(member.status))
    .sort((a, b) => Number(writers.has(a.id)) - Number(writers.has(b.id)) || (a.id < b.id ? -1 : 1))[0]
}
