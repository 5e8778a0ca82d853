import type {ProcessIdentity, ProcessState} from './hosts.js'

/** A file of the state folder: its text, or what is wrong with it, in words that name it. */
export type StateFile =
  {readonly path: string; readonly text: string} | {readonly path: string; readonly problem: string}

/** Which tunnel: an owner may have several, each on a port of its own. */
export interface StateKey {
  readonly owner: ProcessIdentity
  readonly localPort: number
}

/** What is open on this machine, a file for each tunnel: for those who come later, whatever becomes of the owner. */
export interface StatePort {
  /** Every state file, and all else that lies there or stands in the way. Never rejects; empty where nothing was ever open. */
  files(): Promise<readonly StateFile[]>
  /** Rejects with an Error whose message says what is in the way. */
  write(tunnel: StateKey, text: string): Promise<void>
  /** A missing file is fine. Rejects as `write` does. */
  remove(tunnel: StateKey): Promise<void>
  /** Removes log files that have not been written to for a week, but for these (paths). Rejects as `write` does. */
  pruneLogs(kept: readonly string[]): Promise<void>
  self(): ProcessIdentity
  look(owner: ProcessIdentity): ProcessState
  /** To this very process, if it is alive. Throws where that is not permitted. */
  signal(owner: ProcessIdentity, signal: 'SIGTERM' | 'SIGCONT' | 'SIGKILL'): void
}
