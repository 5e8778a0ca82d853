import type {Hook} from '@oclif/core/hooks'
import {ux} from '@oclif/core/ux'
import {distance} from 'fastest-levenshtein'
import {closestNames} from '../core/text/closest-names.js'
import {fail} from '../core/errors.js'
import {commandFirst, otherWay} from '../cli/guesses.js'
import {ended} from '../cli/exit.js'
import {errorText} from '../present/error.js'

/** An unknown command is a usage error (64) with the closest name, where oclif would give 2. */
const hook: Hook.CommandNotFound = async ({id, config}) => {
  const separator = config.topicSeparator
  const words = id.split(separator === ' ' ? /[: ]/ : ':')
  const known = config.commandIDs
    .filter((name) => !config.findCommand(name)?.hidden)
    .map((name) => name.replaceAll(':', separator))
  // Of other words behind it the user may have meant anything.
  const [first = '', second] = words
  const isTopic = known.some((name) => name.startsWith(`${first}${separator}`))
  const typed = isTopic && second !== undefined ? `${first}${separator}${second}` : first
  const failure = fail('COMMAND_UNKNOWN', `There is no command "${typed}".`, {
    hint: hintFor(words, known, {bin: config.bin, separator}),
  })
  ux.stderr(errorText(failure, {debug: false}))
  throw ended(failure.exitCode)
}

function hintFor(
  words: readonly string[],
  known: readonly string[],
  {bin, separator}: {readonly bin: string; readonly separator: string},
): string {
  const [first = '', ...asked] = words
  if (first === 'help') {
    const named = beginnings(asked, separator).find((name) => known.includes(name))
    return [bin, ...(named === undefined ? [] : [named]), '--help'].join(' ')
  }
  const other = otherWay(words)
  if (other !== undefined) return other.replaceAll(/\bdbtunnel\b(?=[ :])/g, bin)
  // oclif takes the words behind an unknown command for parts of its name: `pqsl prod-db` still means psql.
  for (const beginning of beginnings(words, separator)) {
    const length = beginning.split(separator).length
    const alike = known.filter((name) => name.split(separator).length === length)
    const [closest] = closestNames(beginning, alike, distance, 1)
    if (closest !== undefined) return `Did you mean: ${bin} ${closest}`
  }
  return commandFirst(words, known)?.replaceAll('dbtunnel', bin) ?? `${bin} --help`
}

/** All words, then all but the last one, and so on. */
function beginnings(words: readonly string[], separator: string): readonly string[] {
  return words.map((_, index) => words.slice(0, words.length - index).join(separator))
}

export default hook
