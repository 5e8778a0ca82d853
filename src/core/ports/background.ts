import type {Duplex} from 'node:stream'
import type {ErrorCode} from '../errors.js'
import type {OpenedTunnel} from '../results/opened-tunnel.js'

/** What a background process tells the one that has started it. The last two are the end of that. */
export type BackgroundNews =
  | {readonly kind: 'notice'; readonly line: string}
  /** sudo shall ask for the password. */
  | {readonly kind: 'ask'}
  /** `isHere`: it keeps the tunnel open itself, and another process does not already. */
  | {readonly kind: 'ready'; readonly tunnel: OpenedTunnel; readonly isHere: boolean}
  | {readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint?: string | undefined}

/** A process that goes on when this one ends and its terminal closes: nothing of either is left in it. */
export interface BackgroundProcess {
  readonly pid: number
  /** Path of the file that gets what it says. */
  readonly log: string
  /** Ends with the process, or with its last news. */
  readonly news: AsyncIterable<BackgroundNews>
  readonly ended: Promise<void>
  /**
   * Has sudo ask on our terminal, once, and start the hosts helper for it, which outlives us. Resolves when sudo has ended,
   * which it is told to at `signal`.
   */
  startHelper(signal: AbortSignal): Promise<void>
  /** SIGTERM. */
  stop(): void
  /** Nobody waits for it any more. */
  release(): void
  removeLog(): Promise<void>
}

/** The process that waits for this one to be ready. When it ends before that, this one is hung up on. */
export interface BackgroundParent {
  readonly log: string
  /** Whether sudo can ask on its terminal. */
  readonly canAsk: boolean
  /** Has sudo ask there; once. Gives what leads to the hosts helper, and is closed when sudo refuses. */
  askForHelper(): Duplex
  tell(news: BackgroundNews): void
}

export interface BackgroundPort {
  /** Where this process was started by `start`. */
  readonly parent: BackgroundParent | undefined
  /** Runs this command line once more, with `more` in its environment. `name` is for the log file's name. Rejects with FILES_UNWRITABLE. */
  start(name: string, more: Readonly<Record<string, string>>): Promise<BackgroundProcess>
}
