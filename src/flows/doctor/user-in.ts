import type {Settings} from '../../config/settings.js'
import type {CallerIdentity} from '../../core/ports/aws.js'

/** Who logs in: whoever was named, else the name of the AWS session. */
export function userIn({user}: Settings, caller: CallerIdentity): string {
  return user ?? caller.name
}
