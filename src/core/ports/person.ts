/** Whoever sits at the terminal. */
export interface Person {
  /** False where stdin or stderr is none, and under --quiet and --json: then nothing is asked. */
  readonly isThere: boolean
  /** One line, as it was typed; empty at the end of input. Rejects with the signal's reason. */
  ask(question: string, signal: AbortSignal): Promise<string>
}
