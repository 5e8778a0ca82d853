import {checkEndpoint, doubtIn, servingEndpoint} from '../../../targets/database-state.js'
import {targetAt} from '../../../targets/find-database.js'
import {hop, ok} from '../hop.js'
import {targetIn} from '../target-in.js'

export const available = hop('available', {
  title: 'Available',
  ofTarget: true,
  needs: ['region', 'database'],
  async check({region, database: {place, database}}) {
    const {settings} = region
    const name = targetIn(region)
    if (!database) return {status: 'unknown', detail: 'RDS was not asked.', found: place}
    const endpoint = servingEndpoint(name, database.found, settings)
    checkEndpoint(name, endpoint)
    const target = targetAt(place, database, endpoint)
    const {standsFor} = database.found
    const doubt = doubtIn(database.found, settings)
    const where = `${endpoint.host}:${endpoint.port}`
    if (doubt !== undefined) return {status: 'warn', detail: `${where}. ${doubt}`, found: target}
    return ok(standsFor === undefined ? where : `${where}. ${standsFor}`, target)
  },
})
