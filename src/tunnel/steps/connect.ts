import {openWarmOrCold} from '../cached-or-fresh.js'
import {type OpenedSession, type Connector, makeConnector} from '../connector.js'
import type {ChosenRoute} from './choose-route.js'
import type {Step} from './step.js'

export interface Connected extends ChosenRoute {
  readonly connector: Connector
  readonly opened: OpenedSession
}

/** A session, through which the database has answered and proven who it is; and the local port leads there. */
export const connect: Step<ChosenRoute, Connected> = {
  title: 'Session',
  async run(before) {
    const {request, ports, carriers, trust, aws, discovery, localEnd, discoveryCache, timeLeft, run} = before
    const connector = makeConnector(request, carriers, trust, {...ports, aws})
    const opened = await openWarmOrCold(discovery, discoveryCache, {...connector, timeLeft}, run)
    localEnd.lead(opened.session.accept)
    // It may have been found anew.
    return {...before, discovery: opened.discovery, connector, opened}
  },
  detail: ({localEnd, logins, request, opened: {session}}) =>
    `${logins && !request.settings.tcp ? session.via.carrier : `port ${localEnd.port} (${session.via.carrier})`}; the database answers, its certificate is right`,
}
