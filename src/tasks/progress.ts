import type {Progress} from '../core/progress.js'
import type {Say} from '../core/run.js'
import {LiveProgress} from './live-progress.js'
import {PlainProgress} from './plain-progress.js'

interface Screen extends Say {
  readonly stderr: NodeJS.WriteStream
  /** Whether stderr is a terminal that understands control codes. */
  readonly draws: boolean
  hold(): void
  release(): void
}

/**
 * Live on a terminal, plain lines elsewhere. Chosen by stderr, where it draws:
 * listr2 would look at stdout. Under `--debug` plain too, so that lines come in order.
 */
export function chooseProgress(screen: Screen, options: {quiet: boolean; debug: boolean}): Progress {
  const live = screen.draws && !options.quiet && !options.debug
  return live ? new LiveProgress(screen.stderr, screen) : new PlainProgress(screen)
}
