import {fileURLToPath} from 'node:url'
import {execute as executeOclif} from '@oclif/core/execute'

/**
 * Runs the command line. `dir` is the URL of the program. dbtunnel takes no plugins, so none are loaded: oclif would run
 * code from a user's data folder in a process that has the user's AWS keys, and that may be root's.
 */
export function execute({dir}: {readonly dir: string}): Promise<unknown> {
  return executeOclif({loadOptions: {root: fileURLToPath(dir), userPlugins: false, devPlugins: false}})
}
