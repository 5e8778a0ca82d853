import type {Signal} from './ports/signals.js'
import type {Run} from './run.js'

/** A `divert` for several at a time: SIGCONT goes to all of them that have asked for it. */
export function divertForAll(run: Run): Run['divert'] {
  const takers = new Set<{readonly signals: readonly Signal[]; readonly take: (signal: Signal) => void}>()
  run.divert(['SIGCONT'], (signal) => {
    for (const {signals, take} of takers) if (signals.includes(signal)) take(signal)
  })
  return (signals, take) => {
    const taker = {signals, take}
    takers.add(taker)
    return () => void takers.delete(taker)
  }
}
