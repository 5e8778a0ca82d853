import {explainRefusedLogin} from '../../../client/refused-login.js'
import {hop, ok} from '../hop.js'
import {userIn} from '../user-in.js'

export const login = hop('login', {
  title: 'Login',
  ofTarget: true,
  needs: ['region', 'credentials', 'available', 'rds-iam'],
  async check({region: {settings}, credentials: caller, available: target, 'rds-iam': outcome}) {
    const user = userIn(settings, caller)
    if (outcome.kind === 'in') return ok(`as ${user}, database ${settings.database ?? target.defaultDatabase}`)
    throw explainRefusedLogin(outcome, {user, region: target.region, resourceId: target.resourceId, caller})
  },
})
