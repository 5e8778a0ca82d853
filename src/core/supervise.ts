import {type DbtunnelError, fail} from './errors.js'
import type {Clock} from './ports/clock.js'
import type {Ports} from './ports/ports.js'
import type {Signal} from './ports/signals.js'
import type {Run} from './run.js'
import {Teardown} from './teardown.js'

/** All undoing together may take this long. */
const UNDO_BUDGET_MS = 2000
/** A key pressed twice in a row, as impatient people do, is one signal: nothing shall be left at AWS for that. */
export const ONE_PRESS_MS = 500

/** What `supervise` needs. */
export type SupervisePorts = Pick<Ports, 'signals' | 'say'> & {readonly clock: Pick<Clock, 'now'>}

/**
 * Runs `work` and undoes all that it took, whatever ends it. The first signal
 * aborts the run with that signal's error (status 128 + n) and undoing begins;
 * a second one while undoing skips the network part, never the local one.
 */
export async function supervise<T>(ports: SupervisePorts, work: (run: Run) => Promise<T>): Promise<T> {
  const {clock, say} = ports
  const stop = new AbortController()
  const skipNetwork = new AbortController()
  const undo = new Teardown()
  const diverted = new Map<Signal, (signal: Signal) => void>()
  let stoppedAt = -Infinity

  const unlisten = ports.signals.listen((signal) => {
    const take = diverted.get(signal)
    if (take) take(signal)
    else if (signal === 'SIGCONT') return
    else if (!stop.signal.aborted) {
      stoppedAt = clock.now()
      stop.abort(ending(signal))
    } else if (Math.abs(clock.now() - stoppedAt) > ONE_PRESS_MS) skipNetwork.abort()
  })
  const unlistenFaults = ports.signals.listenFaults((error) => stop.abort(error))
  const run: Run = {
    signal: stop.signal,
    undo,
    say,
    divert(signals, take) {
      for (const signal of signals) diverted.set(signal, take)
      return () => {
        for (const signal of signals) if (diverted.get(signal) === take) diverted.delete(signal)
      }
    },
  }

  try {
    return await Promise.race([work(run), aborted(stop.signal)])
  } finally {
    // From here on any signal, a first one too, means: hurry.
    diverted.clear()
    if (!stop.signal.aborted) stop.signal.addEventListener('abort', () => skipNetwork.abort(), {once: true})
    const errors = await undo.unwind({budgetMs: UNDO_BUDGET_MS, skipNetwork: skipNetwork.signal})
    stopListening(
      () => {
        unlisten()
        unlistenFaults()
      },
      stoppedAt + ONE_PRESS_MS - clock.now(),
    )
    for (const error of errors) say.notice(`Cleanup failed: ${error.message}`)
  }
}

/** All is undone; the second of two quick presses must still not kill us with a status that says otherwise. */
function stopListening(unlisten: () => void, inMs: number): void {
  if (inMs > 0) setTimeout(unlisten, inMs).unref()
  else unlisten()
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true})
  })
}

function ending(signal: Exclude<Signal, 'SIGCONT'>): DbtunnelError {
  switch (signal) {
    case 'SIGHUP':
      return fail('HANGUP', 'The terminal was closed (SIGHUP).')
    case 'SIGINT':
      return fail('INTERRUPTED', 'Interrupted.')
    case 'SIGQUIT':
      return fail('QUIT', 'Stopped by SIGQUIT.')
    case 'SIGTERM':
      return fail('TERMINATED', 'Stopped by SIGTERM.')
  }
}
