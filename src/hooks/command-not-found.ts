import type {Hook} from '@oclif/core/hooks'
import {ux} from '@oclif/core/ux'
import {closest} from 'fastest-levenshtein'
import {fail} from '../core/errors.js'
import {ended} from '../ended.js'
import {errorText} from '../present/error.js'

/** An unknown command is a usage error (64) with the closest name, where oclif would give 2. */
const hook: Hook.CommandNotFound = async ({id, config}) => {
  const known = config.commandIDs.filter((name) => !config.findCommand(name)?.hidden)
  const [first, asked] = id.split(config.topicSeparator === ' ' ? /[: ]/ : ':')
  const hint =
    first === 'help' || known.length === 0
      ? [config.bin, ...known.filter((name) => name === asked), '--help'].join(' ')
      : `Did you mean: ${config.bin} ${closest(id, known)}`
  const failure = fail('COMMAND_UNKNOWN', `There is no command "${id}".`, {hint})
  ux.stderr(errorText(failure, {debug: false}))
  throw ended(failure.exitCode)
}

export default hook
