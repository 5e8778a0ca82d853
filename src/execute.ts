import {ExitError} from '@oclif/core/errors'
import type {PJSON} from '@oclif/core/interfaces'
import {run} from '@oclif/core/run'
import {CATALOG} from './core/errors.js'

/**
 * Runs the command line. `root` is the folder of the package, `pjson` its package.json. dbtunnel takes no plugins, so
 * none are loaded: oclif would run code from a user's data folder in a process that has the user's AWS keys, and that
 * may be root's.
 */
export async function execute({root, pjson}: {readonly root: string; readonly pjson: PJSON}): Promise<void> {
  // Until it is over: without anything left to wait for, Node would call a forgotten command a success.
  process.exitCode = CATALOG.INTERNAL.exit
  try {
    await run(process.argv.slice(2), {root, pjson, userPlugins: false, devPlugins: false})
    process.exitCode = 0
  } catch (error) {
    // Told already.
    // eslint-disable-next-line no-restricted-properties -- here is where the status ends up
    if (error instanceof ExitError) process.exit(error.oclif.exit)
    const {handle} = await import('@oclif/core/handle')
    await handle(error as Error)
  }
}
