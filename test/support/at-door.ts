import {systemClock} from '../../src/adapters/processes/clock.js'
import {listenPort} from '../../src/adapters/network/listen.js'
import {type Door, openDoor} from '../../src/tunnel/listener/listener.js'
import type {Link} from '../../src/links/link.js'

/** A session that a door of its own leads to. */
export type SessionAtDoor = Link & {readonly door: Door; readonly localPort: number}

/** Gives a session a local port, for as long as it lasts. */
export async function atDoor(session: Link): Promise<SessionAtDoor> {
  const door = await openDoor(0, {listen: listenPort, clock: systemClock})
  door.lead(session.accept)
  void session.closed.then(() => door.close())
  return Object.assign(session, {door, localPort: door.port})
}
