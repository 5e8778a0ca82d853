import {fail} from '../errors.js'
import {isPasteable, LONGEST_LINE_BYTES, quote} from './shell-line.js'

/** The shells that lines can be printed for. `sh` is any that reads what POSIX says, such as dash. */
export const SHELLS = ['bash', 'zsh', 'fish', 'sh'] as const
export type Shell = (typeof SHELLS)[number]

type Variables = Readonly<Record<string, string>>

/** Lines that take some variables out of a shell's environment and set others. Each ends with a semicolon, for `eval`. */
export function variableLines(shell: Shell, unset: readonly string[], variables: Variables): readonly string[] {
  const [unsetting, setting] = shell === 'fish' ? ['set -e', settingInFish] : ['unset', exporting]
  const lines = Object.entries(variables).map(([name, value]) => setting(name, assigned(value)))
  const first = unset.length === 0 ? [] : [`${unsetting} ${unset.join(' ')}`]
  return [...first, ...lines].map((line) => `${line};`)
}

/** Throws VALUE_INVALID where a shell would not read a value back from such a line as it is. */
export function checkVariables(variables: Variables): void {
  for (const [name, value] of Object.entries(variables)) {
    const why = whyUnprintable(name, value)
    if (why === undefined) continue
    throw fail('VALUE_INVALID', `${name} cannot be printed as a shell variable: ${why}.`, {
      hint: 'To get it as JSON instead: --json',
    })
  }
}

function whyUnprintable(name: string, value: string): string | undefined {
  if (!isPasteable(value)) return 'its value holds a control character, or one that turns the direction of writing'
  const isLong = Buffer.byteLength(settingInFish(name, assigned(value))) >= LONGEST_LINE_BYTES
  return isLong ? 'its value is longer than what a terminal takes as one line' : undefined
}

const exporting = (name: string, value: string): string => `export ${name}=${value}`
const settingInFish = (name: string, value: string): string => `set -gx ${name} ${value}`

/**
 * Characters of patterns stand outside of the quotes: in `eval $(…)`, without double quotes around it, a shell looks for
 * files of such names before it reads the lines.
 */
function assigned(value: string): string {
  return quote(value, /['\\*?[]/)
}
