import {countText, durationText} from '../core/text/amounts.js'
import type {ExecOutcome} from '../core/results/exec-outcome.js'
import {shownName} from '../core/text/shell-line.js'
import {type Column, table} from './table.js'

const COLUMNS: readonly Column<ExecOutcome>[] = [
  {title: 'TARGET', text: ({target}) => shownName(target)},
  {title: 'STATUS', text: endText},
  {title: 'TIME', text: ({end, tookMs}) => (end.kind === 'not-started' ? '-' : durationText(tookMs))},
]

/** What became of `total` targets, or of some of them, as a table with a sum below it. */
export function outcomesText(outcomes: readonly ExecOutcome[], total: number, columns: number | undefined): string {
  const bad = outcomes.filter((one) => !hasSucceeded(one))
  const sum = bad.length === 0 ? succeeded(total) : `${bad.length} of ${countText(total, 'target')} failed.`
  return [...table(outcomes, COLUMNS, columns), sum].map((line) => `${line}\n`).join('')
}

/** One line on one that has ended. */
export function outcomeText(outcome: ExecOutcome): string {
  return `${shownName(outcome.target)}: ${endText(outcome)} (${durationText(outcome.tookMs)})`
}

function succeeded(total: number): string {
  return total === 1 ? 'The target succeeded.' : `All ${total} targets succeeded.`
}

export function hasSucceeded({end}: ExecOutcome): boolean {
  return end.kind === 'ended' && end.status === 0
}

function endText({end}: ExecOutcome): string {
  switch (end.kind) {
    case 'ended':
      return String(end.status)
    case 'failed':
      return `${end.error.exitCode} ${end.error.code}`
    case 'interrupted':
      return 'interrupted'
    case 'not-started':
      return 'not started'
  }
}
