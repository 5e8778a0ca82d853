import {nodeName} from '../core/grammars.js'
import type {Clock} from '../core/ports/clock.js'
import {durationText} from '../core/text/amounts.js'
import type {Link} from '../links/link.js'

const LOOK_MS = 1000
/** A change of network, or the hourly change of WebSockets, is over sooner. */
const QUIET_MS = 5000

/**
 * While a session lasts, says when there has been no contact with AWS for a while, and when it is back. Silent where the
 * carrier does not show it. Resolves when `signal` aborts or the session has ended; never rejects.
 */
export async function tellOutage(
  session: Pick<Link, 'outage' | 'closed' | 'via'>,
  clock: Clock,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const {outage} = session
  if (!outage) return
  const over = new AbortController()
  void session.closed.then(() => over.abort())
  const stop = AbortSignal.any([signal, over.signal])
  let isTold = false
  try {
    for (;;) {
      await clock.sleep(LOOK_MS, stop)
      const ms = outage()
      if (ms >= QUIET_MS && !isTold) {
        isTold = true
        const {bastion} = session.via
        say(`No contact with AWS for ${durationText(ms)}; trying to resume the session on ${nodeName(bastion)} …`)
      } else if (ms === 0 && isTold) {
        isTold = false
        say('The session is resumed.')
      }
    }
  } catch {
    // The watch over the session tells what came of it.
  }
}
