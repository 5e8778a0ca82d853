import type {DbtunnelError} from '../errors.js'

/** What became of one of several targets. */
export interface ExecOutcome {
  readonly target: string
  readonly end:
    /** The program's own status. */
    | {readonly kind: 'ended'; readonly status: number}
    /** dbtunnel did not get so far as to run it. */
    | {readonly kind: 'failed'; readonly error: DbtunnelError}
    /** The run was over before. */
    | {readonly kind: 'interrupted' | 'not-started'}
  readonly tookMs: number
}

/** 0 if all succeeded, else the status of the first in the list that failed. Targets that were not started do not count. */
export function statusOfAll(outcomes: readonly ExecOutcome[]): number {
  return outcomes.map(outcomeStatus).find((status) => status !== 0) ?? 0
}

function outcomeStatus({end}: ExecOutcome): number {
  if (end.kind === 'ended') return end.status
  return end.kind === 'failed' ? end.error.exitCode : 0
}
