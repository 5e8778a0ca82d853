import type {Signal} from './ports/signals.js'
import type {UndoStack} from './teardown.js'

/** What every step of one run shares: when to stop, where undo goes, and how to say something. */
export interface Run {
  /** Aborted by a signal; its reason is the DbtunnelError that ends the run. */
  readonly signal: AbortSignal
  readonly undo: UndoStack
  readonly say: Say
  /** Hands these signals to `take` instead of ending the run, until the returned function is called. */
  divert(signals: readonly Signal[], take: (signal: Signal) => void): () => void
}

/** Lines for stderr. Both are redacted, and held back while live progress owns the terminal. */
export interface Say {
  /**
   * One plain line that the user should see; silent under `--quiet`. `amid` a client's output it says who speaks, and
   * on a terminal, where the client's prompt may stand, begins a line of its own.
   */
  notice(line: string, amid?: 'client'): void
  /** Only under `--debug`. */
  debug(line: string): void
}
