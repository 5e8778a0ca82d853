import type {Run, Say} from './run.js'
import {partOf} from './teardown.js'

/**
 * A run of its own within a run, for one of several targets: it can be undone before the rest, and all its lines begin
 * with the target's name. It ends with the whole run, or when `end` is called, which resolves when what is local is undone.
 */
export function partOfRun(target: string, run: Run): {readonly run: Run; end(): Promise<void>} {
  const undo = partOf(run.undo)
  // One that lasts no longer than this part, and all that listens to it.
  const over = new AbortController()
  const stop = (): void => {
    over.abort(run.signal.reason)
    // All at once, and not one after another as the whole run would.
    void undo.undo()
  }
  run.signal.addEventListener('abort', stop)
  return {
    run: {
      ...run,
      signal: over.signal,
      undo,
      say: sayOf(target, run.say),
      divert(signals, take) {
        const restore = run.divert(signals, take)
        undo.push('signals', 'local', restore)
        return restore
      },
    },
    async end() {
      run.signal.removeEventListener('abort', stop)
      await undo.undo()
    },
  }
}

function sayOf(target: string, say: Say): Say {
  return {
    notice: (line) => say.notice(`${target}: ${line}`),
    debug: (line) => say.debug(`${target}: ${line}`),
  }
}
