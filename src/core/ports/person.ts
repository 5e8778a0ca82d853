/** The person at the terminal that controls us, if there is one. */
export interface Person {
  /** False where stdin or stderr is no terminal, and under --quiet and --json: then nothing is offered. */
  readonly isThere: boolean
  /** Under --quiet and --json: a program reads what we say, or nobody does. */
  readonly isAway: boolean
  /** Whether they can be asked, whatever our streams are: not in a shell's background job. */
  canAsk(): boolean
  /** Asks for one line; what they type is shown. Ends with a line break, but for Ctrl-D. Rejects with the reason of `signal`. */
  ask(question: string, signal: AbortSignal): Promise<string>
  /** Whether a program with our streams would have a conversation with them. */
  readonly isInteractive: boolean
}
