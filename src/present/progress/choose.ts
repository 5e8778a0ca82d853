import type {Progress} from '../../core/ports/progress.js'
import type {Say} from '../../core/run.js'
import {PlainProgress} from './plain.js'

interface Screen extends Say {
  readonly stderr: NodeJS.WriteStream
  /** Whether stderr is a terminal that understands control codes. */
  readonly draws: boolean
  hold(show: (line: string) => void): void
  release(): void
}

/**
 * Live on a terminal, plain lines elsewhere. Chosen by stderr, where it draws:
 * listr2 would look at stdout. Under `--debug` plain too, so that lines come in order.
 * listr2 is loaded only where it draws.
 */
export async function chooseProgress(screen: Screen, options: {quiet: boolean; debug: boolean}): Promise<Progress> {
  if (!screen.draws || options.quiet || options.debug) return new PlainProgress(screen)
  const {LiveProgress} = await import('./live.js')
  return new LiveProgress(screen.stderr, screen)
}
