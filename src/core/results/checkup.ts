import type {ErrorCode} from '../errors.js'

/**
 * `warn`: it works, but not as it should, or not for long. `unknown`: it could not be looked at, and may be right.
 * `skip`: it cannot be looked at while an earlier hop fails.
 */
export type HopStatus = 'ok' | 'warn' | 'fail' | 'unknown' | 'skip'

/** One hop between the shell and the database, as `dbtunnel doctor --json` prints it: these names are stable. */
export interface HopResult {
  /** Such as `security-groups`. */
  readonly id: string
  readonly title: string
  readonly status: HopStatus
  /** What was found; of a failure what and why; of a skipped hop because of which one. */
  readonly detail: string
  /** Of a failure. */
  readonly code?: ErrorCode | undefined
  /** What to type or do: commands and policy statements, one on a line. */
  readonly hint?: string | undefined
}

/** All of them, in order. */
export interface Checkup {
  /** As it was typed; null without one. */
  readonly target: string | null
  /** Whether a login would work; without a target, whether nothing on the way to any database fails. */
  readonly healthy: boolean
  /** Id of the first hop that fails. */
  readonly failing: string | null
  /** The status of that hop's error; 0 when there is none. */
  readonly exitCode: number
  readonly hops: readonly HopResult[]
}
