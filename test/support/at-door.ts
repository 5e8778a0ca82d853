import {systemClock} from '../../src/adapters/clock.js'
import {listenPort} from '../../src/adapters/listen.js'
import {type Door, openDoor} from '../../src/session/door.js'
import type {Session} from '../../src/session/session.js'

/** A session that a door of its own leads to. */
export type SessionAtDoor = Session & {readonly door: Door; readonly localPort: number}

/** Gives a session a local port, for as long as it lasts. */
export async function atDoor(session: Session): Promise<SessionAtDoor> {
  const door = await openDoor(0, {listen: listenPort, clock: systemClock})
  door.lead(session.accept)
  void session.closed.then(() => door.close())
  return Object.assign(session, {door, localPort: door.port})
}
