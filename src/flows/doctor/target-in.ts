import type {TargetName} from '../../targets/parse-target.js'
import type {Findings} from './hop.js'

/** The target, for hops that are there only with one. */
export function targetIn({name}: Pick<Findings['region'], 'name'>): TargetName {
  if (name) return name
  throw new Error('No target was named.')
}
