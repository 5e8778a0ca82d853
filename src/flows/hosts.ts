import {fail} from '../core/errors.js'
import type {HelperChange, HostsCleaning, HostsListing, HostsListingLine} from '../core/results/hosts-listing.js'
import type {HelperInstaller, HostsFile} from '../core/ports/hosts.js'
import type {Ports} from '../core/ports/ports.js'
import {shellLine} from '../core/text/shell-line.js'
import {openHosts} from '../hosts/choose-writer.js'
import {marksIn} from '../hosts/lines.js'
import {supervise, type SupervisePorts} from '../core/supervise.js'

/** Looks only. Rejects with HOSTS_UNWRITABLE where the file cannot be read. */
export async function listHosts({
  hostsFile,
  hostsHelper,
}: Pick<Ports, 'hostsFile' | 'hostsHelper'>): Promise<HostsListing> {
  return {
    file: await hostsFile.path(),
    lines: await linesIn(hostsFile),
    interrupted: await hostsFile.isTorn(),
    helper: hostsHelper.installed(),
  }
}

/**
 * Takes out the lines of dead owners and repairs a write that was cut off, as each start does where it may write the file;
 * here sudo asks on a terminal. Rejects with HOSTS_UNWRITABLE or HOSTS_LOCKED.
 */
export function cleanHosts(ports: SupervisePorts & Pick<Ports, 'hostsFile' | 'hostsHelper'>): Promise<HostsCleaning> {
  return supervise(ports, async (run) => {
    const {hostsFile} = ports
    const before = await linesIn(hostsFile)
    if (before.some(({state}) => state === 'dead') || (await hostsFile.isTorn())) {
      const hosts = await openHosts({mode: 'hosts', takesAddress: false}, ports, run)
      await hosts.sweep()
    }
    const left = await linesIn(hostsFile)
    const isLeft = (line: HostsListingLine): boolean =>
      left.some(({name, pid}) => name === line.name && pid === line.pid)
    const file = await hostsFile.path()
    if (left.some(({state}) => state === 'dead')) {
      throw fail(
        'HOSTS_UNWRITABLE',
        `The hosts file ${file} ${(await hostsFile.obstacle()) ?? 'could not be cleaned'}.`,
        {
          hint: "Fix that, or remove dbtunnel's lines by hand. To see them: dbtunnel hosts",
        },
      )
    }
    return {file, removed: before.filter((line) => !isLeft(line)), left}
  })
}

/** What root has done; else root said it itself, in a run of its own, with this status. */
export type Installation = HelperChange | {readonly status: number}

/**
 * Installs the helper for the user who called sudo, or without root runs itself again through sudo. Rejects with
 * HELPER_NOT_INSTALLED.
 */
export async function installHelper(words: readonly string[], installer: HelperInstaller): Promise<Installation> {
  if (!installer.isRoot) return throughSudo(['hosts', 'install', ...words], installer)
  if (!installer.user) {
    throw fail('HELPER_NOT_INSTALLED', 'The hosts helper is for ordinary users, and you are root without sudo.', {
      hint: 'Run this as the user who needs it: dbtunnel hosts install',
    })
  }
  await installer.install(installer.user)
  return {done: 'installed'}
}

/** Takes all of it out again. Rejects as `installHelper` does. */
export async function uninstallHelper(words: readonly string[], installer: HelperInstaller): Promise<Installation> {
  if (!installer.isRoot) return throughSudo(['hosts', 'uninstall', ...words], installer)
  return {done: (await installer.uninstall()) ? 'uninstalled' : 'absent'}
}

async function throughSudo(words: readonly string[], installer: HelperInstaller): Promise<Installation> {
  const status = await installer.again(words)
  // dbtunnel itself never ends with 1, so sudo did.
  if (status === 1)
    throw fail('HELPER_NOT_INSTALLED', 'sudo did not allow dbtunnel to run as root.', {
      hint: `Run it in a terminal, so that sudo can ask for your password: ${shellLine(['dbtunnel', ...words])}\nTo list what sudo allows you: sudo -l`,
    })
  return {status}
}

async function linesIn(file: HostsFile): Promise<readonly HostsListingLine[]> {
  return marksIn(await file.read()).map(({name, owner}) => ({name, pid: owner.pid, state: file.stateOf(owner)}))
}
