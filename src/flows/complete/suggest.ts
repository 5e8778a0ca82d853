import {SETTINGS} from '../../settings/all-settings.js'

/** What is known of a command, as the manifest has it. */
export interface CommandShape {
  /** With colons between its words. */
  readonly id: string
  readonly hidden?: boolean | undefined
  readonly args: Readonly<Record<string, unknown>>
  readonly flags: Readonly<Record<string, FlagShape>>
}

interface FlagShape {
  readonly type: 'boolean' | 'option'
  readonly char?: string | undefined
  readonly hidden?: boolean | undefined
}

/** Of a flag whose values are a few words, these. */
function wordsOf(flag: string): readonly string[] {
  return SETTINGS.find((one) => one.flag === flag)?.value.words ?? []
}

/**
 * What the last of `words` can become; they are those behind the program's name. Empty where a shell knows better, as of
 * files and of what a client is given.
 */
export async function candidates(
  words: readonly string[],
  commands: readonly CommandShape[],
  targets: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const typed = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const begun = (all: readonly string[]): readonly string[] =>
    [...new Set(all)].filter((one) => one.startsWith(last)).sort()

  const shown = commands.filter(({hidden}) => hidden !== true).map((one) => ({...one, parts: one.id.split(':')}))
  const [command] = shown.filter(({parts}) => isStart(parts, typed)).sort((a, b) => b.parts.length - a.parts.length)
  const longer = shown.filter(({parts}) => parts.length > typed.length && isStart(typed, parts))
  const next = longer.map(({parts}) => parts[typed.length] ?? '')
  if (!command) return begun(typed.length === 0 ? [...next, 'help', '--help', '--version'] : next)

  const {position, valueOf} = readTyped(typed.slice(command.parts.length), command.flags)
  if (valueOf !== undefined) return begun(valueOf === 'target' ? await targets() : wordsOf(valueOf))
  if (position === undefined) return []
  if (last.startsWith('-')) return begun(['--help', ...namesOf(command.flags)])
  return begun([...next, ...(Object.keys(command.args)[position] === 'target' ? await targets() : [])])
}

function isStart(start: readonly string[], of: readonly string[]): boolean {
  return start.every((word, index) => word === of[index])
}

/** How many arguments there are already, undefined behind `--`; and the flag whose value comes next. */
function readTyped(
  typed: readonly string[],
  flags: CommandShape['flags'],
): {readonly position: number | undefined; readonly valueOf: string | undefined} {
  let position = 0
  let valueOf: string | undefined
  for (const word of typed) {
    if (valueOf !== undefined) valueOf = undefined
    else if (word === '--') return {position: undefined, valueOf}
    else if (word.startsWith('-')) valueOf = takerOf(word, flags)
    else position++
  }
  return {position, valueOf}
}

/** The name of a flag that takes the word behind it. */
function takerOf(word: string, flags: CommandShape['flags']): string | undefined {
  const found = Object.entries(flags).find(([name, {char}]) => word === `--${name}` || word === `-${char}`)
  return found?.[1].type === 'option' ? found[0] : undefined
}

function namesOf(flags: CommandShape['flags']): readonly string[] {
  return Object.entries(flags).flatMap(([name, {hidden}]) => (hidden === true ? [] : `--${name}`))
}
