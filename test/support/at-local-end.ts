import {systemClock} from '../../src/adapters/processes/clock.js'
import {listenPort} from '../../src/adapters/network/listen.js'
import {type LocalEnd, openLocalEnd} from '../../src/tunnel/listener/listener.js'
import type {Link} from '../../src/links/link.js'

/** A session that a local end of its own leads to. */
export type SessionAtLocalEnd = Link & {readonly localEnd: LocalEnd; readonly localPort: number}

/** Gives a session a local port, for as long as it lasts. */
export async function atLocalEnd(session: Link): Promise<SessionAtLocalEnd> {
  const localEnd = await openLocalEnd(0, {listen: listenPort, clock: systemClock})
  localEnd.lead(session.accept)
  void session.closed.then(() => localEnd.close())
  return Object.assign(session, {localEnd, localPort: localEnd.port})
}
