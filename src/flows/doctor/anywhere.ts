import type {Settings} from '../../config/settings.js'
import type {Place} from '../../resolve/target.js'

/** Where a bastion may be when no database is named. */
export function anywhere({region, profile}: Settings): Place {
  return {name: 'any database', region, profile}
}
