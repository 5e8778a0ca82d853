import {isDbtunnelError} from '../core/errors.js'
import type {Clock} from '../core/ports/clock.js'
import type {HostsFile, HostsPort} from '../core/ports/hosts.js'
import {RateWindow} from '../core/rate-window.js'
import {foreignAddress} from './edit.js'
import {foreignLinesFor, marksIn, withoutLines} from './lines.js'

/** A look is the reading of one small file. */
const LOOK_MS = 1000
const MINUTE_MS = 60_000
/** As often within a minute it is put back: two programs must not fight over the file without end. */
const MOST_REPAIRS = 3

export interface Keeping {
  readonly clock: Clock
  readonly hostsFile: Pick<HostsFile, 'read'>
  /** The port that wrote the line. */
  readonly hosts: Pick<HostsPort, 'add'>
  readonly say: (line: string) => void
  /** Called with why the name does not lead here now, and with nothing once it does again. */
  readonly changed: (why: string | undefined) => void
}

/**
 * Sees to it that `name` (lower case) stays in the hosts file while others write that file anew, until `signal` aborts. The
 * line is put back once the file has been left alone for a moment: a program that writes it is not disturbed amid that. Resolves
 * when `signal` has aborted; never rejects.
 */
export async function keepMapped(
  name: string,
  {clock, hostsFile, hosts, say, changed}: Keeping,
  signal: AbortSignal,
): Promise<void> {
  const repairs = new RateWindow(MOST_REPAIRS, MINUTE_MS, () => clock.now())
  let told: string | undefined
  let former: Buffer | undefined
  const tell = (why: string | undefined, line = why): void => {
    if (why === told) return
    told = why
    changed(why)
    if (line !== undefined) say(line)
  }
  try {
    for (;;) {
      await clock.sleep(LOOK_MS, signal)
      const content = await hostsFile.read().catch(() => Buffer.alloc(0))
      if (leadsHere(content, name)) {
        former = undefined
        if (told !== undefined && repairs.count === 0) tell(undefined)
        continue
      }
      // Other dbtunnels put their lines back, too.
      const ofOthers = withoutLines(content, () => true)
      const isQuiet = former?.equals(ofOthers) === true
      former = ofOthers
      if (!isQuiet) continue
      if (repairs.pauseMs > 0) {
        if (told !== undefined) continue
        tell(
          `Another program keeps taking ${name} out of the hosts file: programs that connect by that name may not find the tunnel.`,
        )
        continue
      }
      repairs.note()
      try {
        await hosts.add(name, signal)
        const isCalm = told === undefined
        tell(undefined)
        if (isCalm && repairs.pauseMs === 0) say(`Another program took ${name} out of the hosts file. It is back in.`)
      } catch (error) {
        if (signal.aborted) return
        const why = isDbtunnelError(error) ? error.message : String(error)
        tell(`${name} is no longer in the hosts file: ${why}`)
      }
    }
  } catch {
    // The run is over.
  }
}

function leadsHere(content: Buffer, name: string): boolean {
  if (foreignAddress(content, name)) return false
  return marksIn(content).some((mark) => mark.name === name) || foreignLinesFor(content, name).length > 0
}
