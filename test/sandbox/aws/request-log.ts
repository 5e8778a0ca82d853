import {type Service} from './fault.js'

/** One request to the control plane. */
export interface RequestRecord {
  readonly service: Service
  /** `service:Action` */
  readonly action: string
  readonly parameters: unknown
  /** Whether it asked for a later page of an answer. */
  readonly furtherPage: boolean
  readonly userAgent: string
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number
  /** Name of the identity, once the signature was found good. */
  identity: string | undefined
  /** None while the request is unanswered, and for ever when its connection was dropped. */
  status: number | undefined
  errorCode: string | undefined
  endedAt: number | undefined
}

/**
 * How many round trips had to wait for one another: the longest row of answered requests of which each began when
 * the one before it had ended. Further pages do not count. Give the control plane some latency first, so that
 * requests sent together are seen together.
 */
export function sequentialRoundTrips(log: readonly RequestRecord[]): number {
  const answered = log
    .flatMap(({startedAt, endedAt, furtherPage}) =>
      endedAt === undefined || furtherPage ? [] : [{startedAt, endedAt}],
    )
    .sort((a, b) => a.endedAt - b.endedAt)
  let count = 0
  let free = -Infinity
  for (const {startedAt, endedAt} of answered) {
    if (startedAt < free) continue
    count++
    free = endedAt
  }
  return count
}
