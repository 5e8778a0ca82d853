import {openWarmOrCold} from '../cached-or-fresh.js'
import {type OpenedSession, type SessionWays, sessionWays} from '../connector.js'
import type {ChosenRoute} from './choose-route.js'
import type {Step} from './step.js'

export interface Connected extends ChosenRoute {
  readonly ways: SessionWays
  readonly opened: OpenedSession
}

/** A session, through which the database has answered and proven who it is; and the local port leads there. */
export const connect: Step<ChosenRoute, Connected> = {
  title: 'Session',
  async run(before) {
    const {request, ports, carriers, trust, aws, discovery, door, memory, timeLeft, run} = before
    const ways = sessionWays(request, carriers, trust, {...ports, aws})
    const opened = await openWarmOrCold(discovery, memory, {...ways, timeLeft}, run)
    door.lead(opened.session.accept)
    // It may have been found anew.
    return {...before, discovery: opened.discovery, ways, opened}
  },
  detail: ({door, opened: {session}}) =>
    `port ${door.port} (${session.via.carrier}); the database answers, its certificate is right`,
}
