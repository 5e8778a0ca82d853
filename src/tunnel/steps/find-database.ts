import {together} from '../../core/all-or-first-failure.js'
import type {Carrier} from '../../links/link.js'
import {sessionCarriers} from '../../links/session/carriers.js'
import {checkReadOnly, checkUser} from '../../databases/checks.js'
import {databaseKind} from '../../databases/kind-of.js'
import {describe, type Description, type Discovery, userOf} from '../discovery/discover.js'
import {followWriter} from '../discovery/follow-writer.js'
import type {Opening, Step} from './step.js'

export interface FoundDatabase extends Opening {
  /** With its bastions, where an earlier run has found it out. */
  readonly described: Description | Discovery
  readonly carriers: readonly Carrier[]
}

/** Anyone with a certificate of the region's RDS could stand in the database's place. */
const NAME_UNCHECKED = 'verify-ca: the certificate is checked, but not the host name in it.'

/** Which database is meant, and where it is; what on this machine could carry a session to it. */
export const findDatabase: Step<Opening, FoundDatabase> = {
  title: 'Database',
  async run(before) {
    const {discoveryCache, run, trust} = before
    const {request, aws} = await followWriter(before.request, before.ports.aws, run)
    const {settings} = request
    const ports = {...before.ports, aws}
    const [described, carriers] = await together([
      discoveryCache.cached ?? describe(request, aws, run),
      sessionCarriers(settings, ports, run.say),
    ])
    request.checkTarget?.(described.target)
    // Missing authorities are told before anything is opened.
    await trust(described.target)
    const kind = databaseKind(described.target.databaseKind)
    checkUser(kind, userOf(request, described))
    // A local end that logs in by itself sees to it.
    if (!request.isAutoLogin) checkReadOnly(kind, settings)
    if (settings.sslmode === 'verify-ca') run.say.notice(NAME_UNCHECKED)
    return {...before, request, ports, described, carriers}
  },
  detail: ({described: {target}}) => `${target.endpoint.host}:${target.endpoint.port}`,
}
