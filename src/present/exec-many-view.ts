import type {ExecOutcome} from '../core/results/exec-outcome.js'
import {errorText} from './error.js'
import {hasSucceeded, outcomesText, outcomeText} from './exec-outcomes.js'

interface Screen {
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'columns'>
  notice(line: string): void
}

interface ViewOptions {
  readonly quiet: boolean
  readonly debug: boolean
  /** Where output goes; without one it is on the screen. */
  readonly outputFolder?: string | undefined
}

/** Failures as they come, and a table at the end; with `quiet` of those alone that failed. */
export function execManyView(screen: Screen, {quiet, debug, outputFolder}: ViewOptions) {
  const {stderr} = screen
  return {
    ended(outcome: ExecOutcome): void {
      const {end, target} = outcome
      if (end.kind === 'failed') {
        stderr.write(`${errorText(end.error, {debug, columns: stderr.columns, who: target})}\n`)
      } else if (outputFolder !== undefined) screen.notice(outcomeText(outcome))
    },
    over(outcomes: readonly ExecOutcome[]): void {
      const shown = quiet ? outcomes.filter((one) => !hasSucceeded(one)) : outcomes
      if (shown.length > 0) stderr.write(outcomesText(shown, outcomes.length, stderr.columns))
    },
  }
}
