import type {InstalledHelper, ProcessState} from '../ports/hosts.js'

/** What dbtunnel has in the hosts file, as `dbtunnel hosts --json` prints it: its names are stable. */
export interface HostsListing {
  readonly file: string
  readonly lines: readonly HostsListingLine[]
  /** Whether a write was cut off, which the next one repairs. */
  readonly interrupted: boolean
  readonly helper: InstalledHelper
}

export interface HostsListingLine {
  readonly name: string
  readonly pid: number
  readonly state: ProcessState
}

/** What `dbtunnel hosts clean` did. */
export interface HostsCleaning {
  readonly file: string
  readonly removed: readonly HostsListingLine[]
  readonly left: readonly HostsListingLine[]
}

/** What `dbtunnel hosts install` and `uninstall` did; `absent`: there was nothing to uninstall. */
export interface HelperChange {
  readonly done: 'installed' | 'uninstalled' | 'absent'
}
