import {databaseKind} from '../../../databases/kind-of.js'
import {databaseOf, userOf} from '../../../tunnel/discovery/discover.js'
import {hop, ok} from '../hop.js'

export const login = hop('login', {
  title: 'Login',
  ofTarget: true,
  needs: ['region', 'credentials', 'available', 'rds-iam'],
  async check({region, credentials: caller, available: target, 'rds-iam': outcome}) {
    const user = userOf(region, {caller})
    if (outcome.kind === 'in') return ok(`as ${user}, database ${databaseOf(region, {target})}`)
    throw databaseKind(target.databaseKind).explainRefusal(outcome, {user, caller, ...target})
  },
})
