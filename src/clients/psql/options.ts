/**
 * psql's command line as its own getopt_long reads it: letters in clusters,
 * attached and separate values, long names shortened to any unambiguous
 * beginning. The table has not changed since psql 12 (checked up to psql 19).
 */

/** Long names, by the letter that stands for the same option; `help` and `csv` have none. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  'echo-all': 'a',
  'no-align': 'A',
  'echo-errors': 'b',
  command: 'c',
  dbname: 'd',
  'echo-queries': 'e',
  'echo-hidden': 'E',
  file: 'f',
  'field-separator': 'F',
  host: 'h',
  html: 'H',
  list: 'l',
  'log-file': 'L',
  'no-readline': 'n',
  output: 'o',
  port: 'p',
  pset: 'P',
  quiet: 'q',
  'record-separator': 'R',
  'single-step': 's',
  'single-line': 'S',
  'tuples-only': 't',
  'table-attr': 'T',
  username: 'U',
  set: 'v',
  variable: 'v',
  version: 'V',
  'no-password': 'w',
  password: 'W',
  expanded: 'x',
  'no-psqlrc': 'X',
  'field-separator-zero': 'z',
  'single-transaction': '1',
  'record-separator-zero': '0',
  help: 'help',
  csv: 'csv',
}

export const PSQL_LONG_NAMES: readonly string[] = Object.keys(LONG_NAMES)

const LETTERS = 'aAbcdeEfFhHlLnopPqRsStTUvVwWxXz?01'
const TAKE_A_VALUE = 'cdfFhLopPRTUv'

/** One word of psql's command line, where psql looks for an option. */
export type PsqlWord =
  /** Not an option: the database's or the user's name. */
  | {readonly kind: 'plain'}
  /** `--`: no options after it. */
  | {readonly kind: 'end'}
  | {
      readonly kind: 'options'
      /** Options of this word that take no value, as letters (or `help`, `csv`). */
      readonly bare: readonly string[]
      /** The option that takes a value, last in its word; `value` is missing when it is the next word. */
      readonly valued?: {readonly letter: string; readonly value?: string | undefined} | undefined
    }
  /** What psql would refuse; `problem` is one sentence. */
  | {readonly kind: 'wrong'; readonly problem: string}

export function readPsqlWord(word: string): PsqlWord {
  if (word === '--') return {kind: 'end'}
  if (!word.startsWith('-') || word === '-') return {kind: 'plain'}
  return word.startsWith('--') ? readLong(word) : readCluster(word)
}

/** True when psql takes the word after this one as this one's value. */
export function takesNextWord(word: string): boolean {
  const read = readPsqlWord(word)
  return read.kind === 'options' && read.valued !== undefined && read.valued.value === undefined
}

function readLong(word: string): PsqlWord {
  const equals = word.indexOf('=')
  const typed = equals < 0 ? word.slice(2) : word.slice(2, equals)
  const value = equals < 0 ? undefined : word.slice(equals + 1)
  const names = Object.hasOwn(LONG_NAMES, typed) ? [typed] : PSQL_LONG_NAMES.filter((name) => name.startsWith(typed))
  const [name] = names
  if (name === undefined) return {kind: 'wrong', problem: `psql has no option --${typed}.`}
  if (names.length > 1) {
    return {kind: 'wrong', problem: `--${typed} could be any of ${names.map((one) => `--${one}`).join(', ')}.`}
  }
  const letter = LONG_NAMES[name] as string
  if (TAKE_A_VALUE.includes(letter)) return {kind: 'options', bare: [], valued: {letter, value}}
  if (value !== undefined && letter !== 'help') return {kind: 'wrong', problem: `psql's --${name} takes no value.`}
  return {kind: 'options', bare: [letter]}
}

function readCluster(word: string): PsqlWord {
  const bare: string[] = []
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at)
    if (TAKE_A_VALUE.includes(letter)) {
      return {kind: 'options', bare, valued: {letter, value: at + 1 < word.length ? word.slice(at + 1) : undefined}}
    }
    if (!LETTERS.includes(letter)) return {kind: 'wrong', problem: `psql has no option -${letter} (in ${word}).`}
    bare.push(letter)
  }
  return {kind: 'options', bare}
}
