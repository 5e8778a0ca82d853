import type {Say} from '../../core/run.js'

/** What stages would tell the user is in the report, or does not belong there. */
export function quietly(say: Say): Say {
  return {notice: (line) => say.debug(line), debug: (line) => say.debug(line)}
}
