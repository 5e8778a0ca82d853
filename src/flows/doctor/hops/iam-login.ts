import {checkIamLogin} from '../../../targets/database-state.js'
import {hop, ok} from '../hop.js'

export const iamLogin = hop('iam-login', {
  title: 'IAM login',
  ofTarget: true,
  needs: ['region', 'database'],
  async check({region: {settings}, database: {database}}) {
    if (!database) return {status: 'unknown', detail: 'RDS was not asked.', found: undefined}
    checkIamLogin(database.found, settings)
    return ok('on')
  },
})
