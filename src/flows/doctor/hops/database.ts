import {findDatabase, placeOf} from '../../../targets/find-database.js'
import {NOBODY_TO_ASK, withApproval} from '../../request/approval.js'
import {givenTarget} from '../../../targets/fully-specified.js'
import {resolveInput} from '../../../tunnel/discovery/discover.js'
import {hop, ok} from '../hop.js'
import {targetIn} from '../target-in.js'

export const database = hop('database', {
  title: 'Database',
  ofTarget: true,
  needs: ['region', 'credentials'],
  async check({region}, _request, ports, run) {
    const {settings, lead} = region
    const name = targetIn(region)
    // psql would ask; nobody is asked here.
    const deaf = {...ports, person: NOBODY_TO_ASK}
    const aws = await withApproval({name, settings, lead}, region.aws, async () => {}, deaf, run)
    const given = name.kind === 'endpoint' ? givenTarget(name, resolveInput(settings)) : undefined
    if (given) return ok('all is given: RDS is not asked', {place: given})
    const found = await findDatabase(name, resolveInput(settings), aws.rds, run.signal)
    const {owner, instance, cluster} = found.found
    const kind = cluster === owner ? 'cluster' : 'instance'
    const member = cluster === owner && instance ? `, ${instance.id} serves it` : ''
    return ok(`${kind} ${owner.id} (${owner.engine}), ${owner.resourceId}${member}`, {
      place: placeOf(name, found, settings),
      database: found,
    })
  },
})
