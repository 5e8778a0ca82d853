export type Signal = 'SIGHUP' | 'SIGINT' | 'SIGQUIT' | 'SIGTERM' | 'SIGCONT'

export interface SignalPort {
  /** Calls `listener` for each of these signals until the returned function is called. SIGTSTP is never handled. */
  listen(listener: (signal: Signal) => void): () => void
}
