import {median} from '../row.js'

export interface Sample {
  /** Since the tunnel is ready. */
  readonly minute: number
  readonly mib: number
}

export interface Trend {
  readonly minute1: number
  readonly minute5: number
  readonly peak: number
  readonly end: number
  /** MiB an hour, by least squares; the first five minutes, or the first tenth of a shorter time, do not count. */
  readonly slope: number
  /** The last quarter's median against the second's. */
  readonly growth: number
}

/** How memory went over the time. There is one sample at least. */
export function trendOf(samples: readonly Sample[]): Trend {
  const last = samples.at(-1) ?? {minute: NaN, mib: NaN}
  const at = (minute: number): number => (samples.find((one) => one.minute >= minute) ?? last).mib
  const quarter = (nth: number): number => {
    const [from, to] = [((nth - 1) / 4) * last.minute, (nth / 4) * last.minute]
    return median(samples.flatMap(({minute, mib}) => (minute >= from && minute <= to ? [mib] : [])))
  }
  return {
    minute1: at(1),
    minute5: at(5),
    peak: Math.max(...samples.map(({mib}) => mib)),
    end: last.mib,
    slope: 60 * slopeOf(samples.filter(({minute}) => minute >= Math.min(5, last.minute / 10))),
    growth: quarter(4) / quarter(2),
  }
}

function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (one: Sample) => number): number => samples.reduce((sum, one) => sum + of(one), 0) / samples.length
  const [minute, mib] = [mean((one) => one.minute), mean((one) => one.mib)]
  return mean((one) => (one.minute - minute) * (one.mib - mib)) / mean((one) => (one.minute - minute) ** 2)
}
