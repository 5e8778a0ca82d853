import {fail} from '../core/errors.js'
import type {HostsFile, HostsHelper, HostsHelperPort, HostsPort} from '../core/ports/hosts.js'
import type {Run} from '../core/run.js'
import {tellOfUnusable} from '../core/text/unusable-helper.js'
import {hostsLines} from './edit.js'
import type {NameOptions} from './map-name.js'
import {hostsThroughHelper} from './helper-client.js'

/** sudo may hang in PAM, LDAP or DNS. Where there is another way, it is not waited for. */
const BRIEFLY_MS = 3000
/** Where there is none: a machine may be busy. */
const PATIENTLY_MS = 30_000
/** For a person to find and type a password. */
const ASKING_MS = 300_000

const ASKING = 'The hosts file needs root: sudo asks for your password, once. (--resolve hostaddr never asks.)'

/**
 * Who writes the hosts file: we ourselves where we may, else a helper that sudo starts. One that needs no password is
 * not waited for. A password is asked for only where the client may need the hosts file (or the user wants it), and on a
 * terminal; then this resolves once it was given or refused, so that nothing is drawn over the question. The helper ends
 * when the run is undone.
 */
export async function openHosts(
  {mode, takesAddress}: NameOptions,
  {hostsFile, hostsHelper}: {readonly hostsFile: HostsFile; readonly hostsHelper: HostsHelperPort},
  run: Run,
): Promise<HostsPort> {
  if (mode === 'hostaddr') return hostsLines(hostsFile)
  tellOfUnusable(hostsHelper.installed(), run.say)
  if (!(await hostsFile.needsRoot())) return hostsLines(hostsFile)
  const over = new AbortController()
  const signal = AbortSignal.any([run.signal, over.signal])
  run.undo.push('hosts helper', 'local', async () => {
    over.abort(fail('INTERRUPTED', 'Interrupted.'))
    await (await starting.catch(() => undefined))?.close()
  })
  const mayAsk = (mode === 'hosts' || !takesAddress) && hostsHelper.canAsk()
  const waitMs = mode === 'hosts' && !mayAsk ? PATIENTLY_MS : BRIEFLY_MS
  let starting = hostsHelper.start({ask: false, waitMs, signal})
  if (mayAsk) {
    starting = starting.catch(() => {
      signal.throwIfAborted()
      run.say.notice(ASKING)
      return hostsHelper.start({ask: true, waitMs: ASKING_MS, signal})
    })
    await starting.catch(() => {})
    run.signal.throwIfAborted()
  }
  tellWhenLost(starting, over.signal, run)
  return hostsThroughHelper(starting, hostsFile)
}

function tellWhenLost(starting: Promise<HostsHelper>, over: AbortSignal, run: Run): void {
  const tell = async (): Promise<void> => {
    await (
      await starting
    ).ended
    if (!over.aborted) run.say.notice('The hosts helper stopped: new connections may not find the name.', 'client')
  }
  // That it could not be started is told by who needs it.
  tell().catch((error: unknown) => run.say.debug(`no hosts helper: ${String(error)}`))
}
