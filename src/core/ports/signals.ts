export type Signal = 'SIGHUP' | 'SIGINT' | 'SIGQUIT' | 'SIGTERM' | 'SIGCONT'

export interface SignalPort {
  /** Calls `listener` for each of these signals until the returned function is called. SIGTSTP is never handled. */
  listen(listener: (signal: Signal) => void): () => void
  /** Calls `listener` with every error that nobody caught, which else would end the process with nothing undone. */
  listenFaults(listener: (error: unknown) => void): () => void
}
