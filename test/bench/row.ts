import type {Sandbox} from '../sandbox/sandbox.js'

/** One line of the table: what was measured in this run, and what it has to be. */
export interface Row {
  readonly what: string
  readonly measured: string
  /** Missing where nothing is promised. */
  readonly budget?: string
  readonly isMet?: boolean
  /** What it was made from, for the JSON alone. */
  readonly figures?: object
}

/** Part of the benchmark. `skipped` names what this machine lacks for it. */
export interface Part {
  readonly name: string
  /** Takes so long that it is measured only where it is named. */
  readonly isLong?: boolean
  measure(sandbox: Sandbox, options: BenchOptions): Promise<readonly Row[] | {readonly skipped: string}>
}

export interface BenchOptions {
  /** To move each way in the part on transfers. */
  readonly mib: number
  /** How long a tunnel rests before its memory is read, in seconds. */
  readonly restS: number
  /** How long tunnels are held with traffic in the part `soak`. */
  readonly minutes: number
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? NaN) + high) / 2
}

/** A row whose figure may not be more than `most`. */
export function atMost(what: string, figure: number, most: number, text: (figure: number) => string): Row {
  return {what, measured: text(figure), budget: `≤ ${text(most)}`, isMet: figure <= most}
}
