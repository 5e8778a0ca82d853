import {distance} from 'fastest-levenshtein'
import {closestNames} from '../core/text/closest-names.js'
import {type DbtunnelError, fail} from '../core/errors.js'
import {sentence} from '../core/text/sentence.js'

/** What is known of the command whose words oclif's parser did not take. */
export interface ParsedCommand {
  readonly id: string
  readonly argv: readonly string[]
  readonly flags: Readonly<Record<string, {readonly type: 'boolean' | 'option'}>>
}

/** The fields of oclif's errors by which they can be told apart: their classes are not exported. */
interface ParserError extends Error {
  readonly args?: readonly unknown[]
  readonly flags?: readonly string[]
}

/** oclif's parser error without its help pages, and with the word that it is about. */
export function parserError(error: ParserError, command: ParsedCommand): DbtunnelError {
  const help = `dbtunnel ${command.id} --help`
  const [first = '', second = ''] = error.message.split('\n').map((line) => line.trim())
  if (first.startsWith('Missing ')) return missing(error, command, help)
  if (first.startsWith('Nonexistent ')) return unknownFlag(error.flags?.[0] ?? '', command, help, error)
  // It takes `--detach=no` for an argument, and names another one.
  const valued = first.startsWith('Unexpected ') ? command.argv.find((word) => isValued(word, command)) : undefined
  if (valued !== undefined) {
    const message = `${nameOf(valued)} does not take a value.`
    return fail('USAGE', message, {hint: help, cause: error})
  }
  const [, flag, reason] = /^Parsing (--\S+) (.*)$/.exec(`${first} ${second}`) ?? []
  if (flag !== undefined) return fail('VALUE_INVALID', sentence(`${flag}: ${reason}`), {hint: help, cause: error})
  return fail('USAGE', sentence(first.replace(/:$/, '')), {hint: help, cause: error})
}

function missing({args = []}: ParserError, {id}: ParsedCommand, help: string): DbtunnelError {
  const [name] = args.map((arg) => (arg as {readonly name: string}).name)
  if (name !== 'target') return fail('USAGE', `${name?.toUpperCase() ?? 'A word'} is missing.`, {hint: help})
  return fail('TARGET_MISSING', 'No target is given.', {
    hint: `Put the database right after the command: dbtunnel ${id} prod-db`,
  })
}

function unknownFlag(typed: string, {flags}: ParsedCommand, help: string, cause: Error): DbtunnelError {
  const names = typed.startsWith('--') ? Object.keys(flags) : []
  const [nearest] = closestNames(nameOf(typed).slice(2), names, distance, 1)
  return fail('USAGE', `There is no option ${nameOf(typed)}.`, {
    hint: nearest === undefined ? help : `Did you mean --${nearest}?`,
    cause,
  })
}

function isValued(word: string, {flags}: ParsedCommand): boolean {
  return word.startsWith('--') && word.includes('=') && flags[nameOf(word).slice(2)]?.type === 'boolean'
}

const nameOf = (word: string): string => word.replace(/=.*/s, '')
