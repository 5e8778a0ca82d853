import type {UndoKind, UndoStack} from './teardown.js'

/** What is taken, and how it is given back. */
export interface Acquisition<T> {
  /** For a line that says what could not be undone. */
  readonly title: string
  readonly kind?: UndoKind
  take(): Promise<T>
  giveBack(taken: T): Promise<void> | void
}

/**
 * Takes something after its undo was pushed. Where the run is undone while it is still being taken, that is waited for,
 * and what was taken is given back. Rejects as `take` does.
 */
export async function acquire<T>(undo: UndoStack, {title, kind = 'local', ...one}: Acquisition<T>): Promise<T> {
  let start = (_: Promise<T>): void => {}
  const taking = new Promise<T>((resolve) => (start = resolve))
  undo.push(title, kind, async () => {
    const outcome = await taking.then(
      (taken) => ({taken}),
      () => undefined,
    )
    if (outcome) await one.giveBack(outcome.taken)
  })
  start((async () => one.take())())
  return taking
}
