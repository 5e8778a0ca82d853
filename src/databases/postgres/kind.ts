import type {DatabaseKind} from '../database-kind.js'
import {autoLogin} from './auto-login/auto-login.js'
import {connectionUrl, connectionVariables, HOME_FILES, IN_THE_WAY, isHarmless, ownsVariable} from './environment.js'
import {grants, IAM_MARK} from './grants.js'
import {loginCheck} from './login-check.js'
import {PASSFILE, passfile} from './passfile.js'
import {probe} from './probe.js'
import {explainRefusedLogin} from './refused-login.js'

export const postgres: DatabaseKind = {
  id: 'postgres',
  label: 'PostgreSQL',
  matches: (rdsEngine) => rdsEngine === 'postgres' || rdsEngine === 'aurora-postgresql',
  defaultPort: 5432,
  defaultDatabase: 'postgres',
  isUsual: 'everywhere',
  iamMark: IAM_MARK,
  probe,
  loginFiles: (login, token) => ({[PASSFILE]: passfile(login, token)}),
  ownsVariable,
  isHarmless,
  inTheWay: IN_THE_WAY,
  homeFiles: HOME_FILES,
  takesAddress: true,
  takesSettings: true,
  variables: connectionVariables,
  url: connectionUrl,
  grants,
  loginCheck,
  explainRefusal: explainRefusedLogin,
  autoLogin,
}
