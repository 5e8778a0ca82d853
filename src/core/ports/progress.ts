/** Shows the steps of one opening phase; how is up to who implements it. */
export interface Progress {
  /** Names all steps to come, in order, before the first one runs. */
  begin(titles: readonly string[]): void
  /** Runs the next step; `detail` says in a few words what it found or did. */
  step<T>(work: () => Promise<T>, detail: (result: T) => string): Promise<T>
  /** Resolves when nothing more will be drawn: the terminal is free for a client. */
  end(): Promise<void>
}
