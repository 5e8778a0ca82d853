import type {TargetName} from './parse-target.js'

/** Whether two names lead to the same instance or cluster, as far as names tell: its members have names of their own. */
export function isSameDatabase(one: TargetName, other: TargetName): boolean {
  return subjectOf(one) === subjectOf(other)
}

function subjectOf(name: TargetName): string {
  switch (name.kind) {
    case 'name':
      return name.id
    case 'reader':
    case 'custom':
      return name.clusterId
    case 'global':
      return name.host
    case 'endpoint':
      return ['instance', 'writer', 'reader'].includes(name.of) ? name.id : name.host
  }
}
