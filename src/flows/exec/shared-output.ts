import type {OutputStream} from '../../core/ports/output.js'

/** One stream that several write to. */
export interface SharedOutput {
  /** Runs `work` while nobody else writes. */
  alone<T>(work: (output: OutputStream) => Promise<T>): Promise<T>
}

/** One after another, in the order in which they came. */
export function sharedOutput(output: OutputStream): SharedOutput {
  let last: Promise<unknown> = Promise.resolve()
  return {
    alone(work) {
      const turn = last.then(() => work(output))
      last = turn.catch(() => {})
      return turn
    },
  }
}
