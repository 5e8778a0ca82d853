import type {Run} from '../../../../../src/core/run.js'
import {Teardown} from '../../../../../src/core/teardown.js'

/** A run as a flow would give it, with what was said, and its own stop. */
export interface RecordedRun extends Run {
  readonly notices: string[]
  readonly stop: AbortController
  /** Undoes everything; resolves to what went wrong. */
  end(): Promise<Error[]>
}

export function recordedRun(): RecordedRun {
  const stop = new AbortController()
  const undo = new Teardown()
  const notices: string[] = []
  return {
    stop,
    notices,
    signal: stop.signal,
    undo,
    say: {notice: (line) => void notices.push(line), debug: () => {}},
    divert: () => () => {},
    end: () => undo.unwind({budgetMs: 2000}),
  }
}
