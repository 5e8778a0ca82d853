import {distance} from 'fastest-levenshtein'
import type {WordGrammar} from '../../clients/client.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import {shellLine} from '../../core/text/shell-line.js'
import {type OwnFlags, readOwnFlag} from './flag-table.js'

/** A command line by who reads each word, every part in its order. */
export interface SplitWords {
  /** dbtunnel's own flags with their values: for oclif's parser. */
  readonly own: readonly string[]
  readonly target: string
  /** For the client, byte for byte. */
  readonly client: readonly string[]
}

/** A client whose name is a command of dbtunnel. */
export interface CommandClient {
  readonly id: string
  readonly terminal: {readonly grammar: WordGrammar}
}

/**
 * Splits the words of `dbtunnel psql` and the like. oclif must not see the client's words:
 * it sorts them by first occurrence and refuses unknown flags (oclif 4.14).
 *
 * Own flags are recognised anywhere before `--`, but never where an option of the client
 * takes its value. TARGET is the first word that is neither; the client's words come
 * after it. `--` ends ours; it is not passed on, a second one is.
 * Throws TARGET_MISSING, OPTION_BEFORE_TARGET or USAGE.
 */
export function splitClientWords(argv: readonly string[], flags: OwnFlags, {id, terminal}: CommandClient): SplitWords {
  const {grammar} = terminal
  const own: string[] = []
  const client: string[] = []
  let target: string | undefined
  let early: string | undefined
  let at = 0

  for (; at < argv.length && argv[at] !== '--'; at++) {
    const word = argv[at] as string
    const flag = ownFlagAt(at, argv, flags)
    if (flag) {
      own.push(...flag)
      at += flag.length - 1
    } else if (target === undefined && !word.startsWith('-')) {
      target = word
    } else {
      const problem = grammar.problemOf(word)
      if (problem !== undefined) {
        throw unknownOption(word, problem, flags, grammar.longNames, `See dbtunnel ${id} --help and ${id} --help.`)
      }
      if (target === undefined) early ??= word
      client.push(word)
      if (grammar.takesNextWord(word) && at + 1 < argv.length) client.push(argv[++at] as string)
    }
  }

  const rest = argv.slice(at)
  if (target === undefined && rest[1] !== undefined && !rest[1].startsWith('-'))
    throw targetBehindDashes(id, own, client, rest)
  const checked = checkTarget(
    target,
    `dbtunnel ${id} prod-db`,
    early === undefined ? undefined : {option: early, of: id},
  )
  if (early !== undefined) throw optionBeforeTarget(id, early, [...own, checked, ...client, ...rest])
  return {own, target: checked, client: [...client, ...rest.slice(1)]}
}

/** The words of `dbtunnel exec`: `client` is the command, its name first. */
export interface SplitExecWords extends Omit<SplitWords, 'target'> {
  /** Missing where flags (`--target`) name several. */
  readonly target?: string | undefined
  readonly client: readonly [string, ...string[]]
}

/** Splits the words of `dbtunnel exec`: own flags and TARGET, then `--`, then the command. Throws TARGET_MISSING or USAGE. */
export function splitExecWords(argv: readonly string[], flags: OwnFlags): SplitExecWords {
  const hasDashes = argv.includes('--')
  const own: string[] = []
  let target: string | undefined
  let at = 0

  for (; at < argv.length && argv[at] !== '--'; at++) {
    const word = argv[at] as string
    const flag = ownFlagAt(at, argv, flags)
    if (flag) {
      own.push(...flag)
      at += flag.length - 1
    } else if (word.startsWith('-') && word !== '-' && (hasDashes || target === undefined)) {
      throw unknownOption(word, `dbtunnel exec has no option ${word}.`, flags, [], 'See dbtunnel exec --help.')
    } else if (target === undefined) target = word
    else break
  }

  const isNamed = target === undefined && own.some((word) => /^--target(=|$)/.test(word))
  const checked = isNamed ? undefined : checkTarget(target, 'dbtunnel exec prod-db -- COMMAND')
  const [name, ...words] = argv.slice(at + 1)
  if (argv[at] === '--' && name !== undefined) return {own, target: checked, client: [name, ...words]}
  const [more, command = ''] = [argv.slice(at, argv.indexOf('--')), argv[argv.indexOf('--') + 1]]
  if (
    hasDashes &&
    !command.startsWith('-') &&
    command !== '' &&
    checked !== undefined &&
    more.length > 0 &&
    more.every((word) => !word.startsWith('-'))
  ) {
    throw fail('USAGE', 'Several targets are named by --target, once for each.', {
      hint: shellLine([
        ...['dbtunnel', 'exec', ...own],
        ...[checked, ...more].flatMap((one) => ['--target', one]),
        ...argv.slice(argv.indexOf('--')),
      ]),
    })
  }
  // What stands there may be meant for the command.
  const meant = argv.slice(at).filter((word, index, all) => word !== '--' || all.indexOf('--') !== index)
  throw fail('USAGE', 'No program is given. It comes after "--".', {
    hint: shellLine([
      ...['dbtunnel', 'exec', ...own, ...(checked === undefined ? [] : [checked])],
      ...['--', ...(meant.length > 0 ? meant : ['COMMAND'])],
    ]),
  })
}

/** The own flag that stands there, with its value where that is the next word; undefined for any other word. */
function ownFlagAt(at: number, argv: readonly string[], flags: OwnFlags): readonly string[] | undefined {
  const word = argv[at] as string
  const flag = readOwnFlag(word, flags)
  return flag && (flag.takesNext ? [word, ownValue(word, argv[at + 1])] : [word])
}

/** No option is a value of ours: `psql prod-db --reason -c 'select 1'` has forgotten one. `--reason=-c` takes it. */
function ownValue(flag: string, value: string | undefined): string {
  if (value !== undefined && !/^-./.test(value)) return value
  throw fail('USAGE', `${flag} needs a value.`, {hint: `Give one after it: ${flag} VALUE`})
}

function checkTarget(
  target: string | undefined,
  example: string,
  early?: {readonly option: string; readonly of: string},
): string {
  if (target !== undefined && target !== '') return target
  const why = early
    ? `No target is given; ${early.option} was taken as an option of ${early.of}.`
    : 'No target is given.'
  throw fail('TARGET_MISSING', target === '' ? 'The target is empty.' : why, {
    hint: `Put the database right after the command: ${example}`,
  })
}

function optionBeforeTarget(client: string, option: string, line: readonly string[]): DbtunnelError {
  return fail(
    'OPTION_BEFORE_TARGET',
    `The target comes before ${client}'s own arguments, but ${option} stands before it.`,
    {
      hint: shellLine(['dbtunnel', client, ...line]),
    },
  )
}

function targetBehindDashes(
  id: string,
  own: readonly string[],
  client: readonly string[],
  rest: readonly string[],
): DbtunnelError {
  const [, target, ...words] = rest
  return fail('TARGET_MISSING', `No target is given before "--". Every word after "--" goes to ${id}.`, {
    hint: shellLine([
      'dbtunnel',
      id,
      ...own,
      target as string,
      ...client,
      ...(words.length > 0 ? ['--', ...words] : []),
    ]),
  })
}

/** Options of other tools, and what they are here. */
const HABITS: Readonly<Record<string, string>> = {
  '-u': '-U',
  '--user-name': '-U',
  '--verbose': '--debug',
  '--silent': '--quiet',
  '--json': '--csv',
}

function unknownOption(
  word: string,
  problem: string,
  flags: OwnFlags,
  others: readonly string[],
  help: string,
): DbtunnelError {
  const typed = word.replace(/^-+/, '').replace(/=.*/s, '')
  const habit = HABITS[word.replace(/=.*/s, '')]
  if (habit !== undefined)
    return fail('USAGE', `There is no option ${word.replace(/=.*/s, '')}.`, {hint: `Did you mean ${habit}?`})
  const isNear = (name: string): number => distance(typed, name) - (name[0] === typed[0] ? 0.5 : 0)
  const [nearest = ''] = [...flags.long.keys(), ...others].sort((one, other) => isNear(one) - isNear(other))
  const far = distance(typed, nearest)
  const likely =
    word.startsWith('--') && far > 0 && far <= Math.max(typed.length < 5 ? 1 : 2, Math.floor(typed.length / 3))
  return fail('USAGE', likely ? `There is no option --${typed}.` : problem, {
    hint: likely ? `Did you mean --${nearest}?` : help,
  })
}
