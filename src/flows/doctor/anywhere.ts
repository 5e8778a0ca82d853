import type {Settings} from '../../settings/settings.js'
import type {Place} from '../../targets/target.js'

/** Where a bastion may be when no database is named. */
export function anywhere({region, profile}: Settings): Place {
  return {name: 'any database', region, profile}
}
