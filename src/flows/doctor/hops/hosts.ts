import {fail} from '../../../core/errors.js'
import {openHosts} from '../../../hosts/choose-writer.js'
import {hop, ok} from '../hop.js'

/** A command that connects may ask for a password here; this never does. */
export const hosts = hop('hosts', {
  title: 'Hosts file',
  needs: ['config'],
  async check({config: {settings}}, _request, ports, run) {
    const {hostsFile, hostsHelper} = ports
    const path = await hostsFile.path()
    if (settings.resolve === 'hostaddr') return ok('not used (--resolve hostaddr)', false)
    const lines = await openHosts({mode: 'auto', takesAddress: true}, {hostsFile, hostsHelper}, run)
    const obstacle = await lines.obstacle()
    if (obstacle === undefined) return ok(`${path} can be written`, true)
    if (settings.resolve === 'auto') {
      return ok(`${path} ${obstacle}: clients that take an address are given it (hostaddr)`, false)
    }
    // Not for a file that is missing, or on a disk that is read-only for root, too.
    const isForSudo = await hostsFile.needsRoot()
    if (isForSudo && hostsHelper.canAsk()) {
      return {
        status: 'warn',
        detail: `${path} ${obstacle}: sudo will ask for your password.`,
        hint: 'For no password on a machine that is yours alone: dbtunnel hosts install\nOr connect without the hosts file: --resolve hostaddr',
        found: true,
      }
    }
    const why = isForSudo ? ', and sudo cannot ask for a password without a terminal' : ''
    throw fail('HOSTS_UNWRITABLE', `${path} ${obstacle}${why}.`, {
      hint: 'Connect without the hosts file: --resolve hostaddr',
    })
  },
})
