import type {Progress} from './ports/progress.js'
import type {Say} from './run.js'

/** Draws nothing: each step is a line under `--debug`. Of a hundred databases nobody reads the steps. */
export function debugProgress(say: Say): Progress {
  let titles: readonly string[] = []
  let at = 0
  return {
    begin: (all) => void (titles = all),
    async step(work, detail) {
      const title = titles[at++] ?? ''
      const result = await work()
      say.debug(`${title}: ${detail(result)}`)
      return result
    },
    end: async () => {},
  }
}
