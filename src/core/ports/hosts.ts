/** One process, told apart from a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, as a word of letters, digits and hyphens that only the adapter understands. */
  readonly started: string
}

/** `elsewhere`: of another container or hidden from us, so that nothing can be said of it. */
export type ProcessState = 'alive' | 'dead' | 'elsewhere'

/**
 * Names mapped to 127.0.0.1, one line per name and owner. The owner is the
 * process that writes: this one, or a helper that writes for it.
 */
export interface HostsPort {
  /** Why the file cannot be written without asking anyone, such as `needs root`; undefined when it can. */
  obstacle(): Promise<string | undefined>
  /**
   * Maps `name`, and takes out what dead owners left. A line of someone else's
   * that maps it to 127.0.0.1 already will do. Rejects with HOSTS_CONFLICT,
   * HOSTS_UNWRITABLE, HOSTS_LOCKED, or `signal`'s reason while it still waits.
   */
  add(name: string, signal?: AbortSignal): Promise<void>
  /** Takes out our own line for `name`; none being there is fine. */
  remove(name: string): Promise<void>
  /** Takes out what dead owners left, where the file can be written. */
  sweep(): Promise<void>
}

/** Waiting for other dbtunnels that write the file. */
export interface HostsWait {
  /** For one process that keeps the file; those who come and go do not count. */
  readonly waitMs: number
  readonly signal?: AbortSignal | undefined
}

/** The hosts file as bytes, safe to change while others do, too. */
export interface HostsFile {
  path(): Promise<string>
  /** See HostsPort. */
  obstacle(): Promise<string | undefined>
  /** Whether that obstacle is one that root would not have. */
  needsRoot(): Promise<boolean>
  /** Rejects with HOSTS_UNWRITABLE when there is no such file or it cannot be read. */
  read(): Promise<Buffer>
  /**
   * The addresses that a plain reader finds for `name`, without waiting for
   * anyone; undefined when the file holds what such a reader cannot be trusted with.
   */
  addresses(name: string): Promise<readonly string[] | undefined>
  /**
   * Writes what `edit` makes of the content, alone among all dbtunnels, all or
   * nothing; mode and owner stay. An unchanged content is not written. `edit`
   * may be called again when someone else wrote meanwhile. Rejects with
   * HOSTS_UNWRITABLE, HOSTS_LOCKED or what `edit` threw.
   */
  change(edit: (content: Buffer) => Buffer, wait: HostsWait): Promise<void>
  /** Whether someone died while writing, so that the next change has to repair the file. */
  isTorn(): Promise<boolean>
  self(): ProcessIdentity
  stateOf(owner: ProcessIdentity): ProcessState
}

/** A program that writes the hosts file for us as root, for as long as we live: it takes its lines out when we are gone. */
export interface HostsHelper {
  /** The owner of its lines. */
  readonly identity: ProcessIdentity
  /** Resolves when it has ended, whatever ended it. */
  readonly ended: Promise<void>
  /** Sends one request and resolves to its answer. Rejects with HOSTS_UNWRITABLE when it ends before that. */
  ask(request: string): Promise<string>
  /** Lets it go; resolves when it has ended, or soon after. */
  close(): Promise<void>
}

/** The copy of the helper that root has been given, which sudo starts without a password. */
export type InstalledHelper =
  {readonly state: 'absent'} | {readonly state: 'usable'} | {readonly state: 'unusable'; readonly why: string}

/**
 * What sudo lets this user start of what `hosts install` makes: `other` is what this version does not make. `unknown`: sudo
 * does not say it without a password.
 */
export type HelperRule = 'none' | 'own' | 'other' | 'unknown'

export interface HostsHelperPort {
  /** It counts only while it is root's alone, and of this very version. */
  installed(): InstalledHelper
  /** Asks sudo, without a password. */
  ruleInForce(): Promise<HelperRule>
  /** Whether sudo is there, and a terminal on which it can ask for a password. */
  canAsk(): boolean
  /**
   * Starts the helper through sudo, and resolves when it is ready. Without `ask` sudo must do without a password. Rejects
   * with HOSTS_UNWRITABLE, when it is not ready within `waitMs`, too, or with `signal`'s reason.
   */
  start(options: {readonly ask: boolean; readonly waitMs: number; readonly signal: AbortSignal}): Promise<HostsHelper>
}

/** Installing the helper; for root alone. */
export interface HelperInstaller {
  /** Whether this process is root; and for whom, where sudo says so. */
  readonly isRoot: boolean
  readonly user: {readonly name: string; readonly uid: number; readonly gid: number} | undefined
  /** Runs dbtunnel with these words through sudo, on our own terminal. Resolves to its status. */
  again(words: readonly string[]): Promise<number>
  /** Replaces one that is there. All or nothing. Rejects with HELPER_NOT_INSTALLED. */
  install(user: {readonly name: string; readonly uid: number; readonly gid: number}): Promise<void>
  /** Resolves to whether there was anything. Rejects with HELPER_NOT_INSTALLED. */
  uninstall(): Promise<boolean>
}
