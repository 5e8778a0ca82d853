import {Config} from '@oclif/core/config'
import {ExitError} from '@oclif/core/errors'
import type {PJSON} from '@oclif/core/interfaces'
import {run} from '@oclif/core/run'
import {settings} from '@oclif/core/settings'
import {ux} from '@oclif/core/ux'
import {CATALOG, fail} from '../core/errors.js'
import {meantBy} from './guesses.js'
import {errorText} from '../present/error.js'

/**
 * Runs the command line. `root` is the folder of the package, `pjson` its package.json. dbtunnel takes no plugins, so
 * none are loaded: oclif would run code from a user's data folder in a process that has the user's AWS keys, and that
 * may be root's.
 */
export async function execute({root, pjson}: {readonly root: string; readonly pjson: PJSON}): Promise<void> {
  // Until it is over: without anything left to wait for, Node would call a forgotten command a success.
  process.exitCode = CATALOG.INTERNAL.exit
  // With NODE_ENV=development oclif would look for a compiler, in every node_modules on the way up from here.
  settings.enableAutoTranspile = false
  try {
    const config = await Config.load({root, pjson, userPlugins: false, devPlugins: false})
    await run([...(await meantBy(process.argv.slice(2), config.commands))], config)
    process.exitCode = 0
  } catch (error) {
    // The command has said it.
    // eslint-disable-next-line no-restricted-properties -- here is where the status ends up
    if (error instanceof ExitError) process.exit(error.oclif.exit)
    const {handle} = await import('@oclif/core/handle')
    await handle(error as Error)
  }
}

/** stdout takes no more, as on a full disk: without the result nothing has succeeded. */
export function endWithoutOutput(cause: NodeJS.ErrnoException): void {
  const what = cause.code === 'ENOSPC' ? 'the disk is full' : cause.message
  const failure = fail('FILES_UNWRITABLE', `stdout cannot be written: ${what}.`, {
    hint: 'Free some disk space, or redirect stdout to another place.',
    cause,
  })
  // A run that has something to undo listens: it does so, and tells.
  if (process.listenerCount('uncaughtException') > 0) throw failure
  ux.stderr(errorText(failure, {debug: false}))
  // eslint-disable-next-line no-restricted-properties -- here is where the status ends up
  process.exit(failure.exitCode)
}
