import type {DatabaseKind} from '../database-kind.js'
import {grants, IAM_MARK} from './grants.js'
import {
  HOME_FILES,
  IN_THE_WAY,
  isHarmless,
  OPTION_FILE,
  optionFile,
  ownsVariable,
  url,
  variables,
} from './option-file.js'
import {probe} from './probe.js'
import {explainRefusedLogin} from './refused-login.js'

/** What MySQL and MariaDB have in common: one protocol, one plugin for IAM, and clients that read each other's files. */
export function family(scheme: string): Omit<DatabaseKind, 'id' | 'label' | 'matches' | 'isUsual' | 'longestUser'> {
  return {
    defaultPort: 3306,
    // Any user who is let in may open it.
    defaultDatabase: 'information_schema',
    iamMark: IAM_MARK,
    probe,
    loginFiles: (login, token) => ({[OPTION_FILE]: optionFile(login, token)}),
    ownsVariable,
    isHarmless,
    inTheWay: IN_THE_WAY,
    homeFiles: HOME_FILES,
    // Their clients take neither an address beside the name, nor a setting for their session, from a variable.
    takesAddress: false,
    takesSettings: false,
    variables,
    url: (connection) => url(scheme, connection),
    grants,
    explainRefusal: explainRefusedLogin,
  }
}
