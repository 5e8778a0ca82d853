/** What dbtunnel's own flags look like on the command line. */
export interface OwnFlags {
  /** By long name, without the dashes. */
  readonly long: ReadonlyMap<string, {readonly takesValue: boolean}>
  /** By letter. */
  readonly short: ReadonlyMap<string, {readonly name: string; readonly takesValue: boolean}>
}

/** As much of an oclif flag definition as the command line shows. */
interface FlagDefinition {
  readonly type: 'boolean' | 'option'
  readonly char?: string | undefined
  readonly aliases?: readonly string[] | undefined
  readonly charAliases?: readonly string[] | undefined
  readonly allowNo?: boolean | undefined
}

/** The table of a command's own flags, from its oclif definitions. */
export function readOwnFlags(definitions: Readonly<Record<string, FlagDefinition>>): OwnFlags {
  const long = new Map<string, {takesValue: boolean}>()
  const short = new Map<string, {name: string; takesValue: boolean}>()
  for (const [name, flag] of Object.entries(definitions)) {
    const takesValue = flag.type === 'option'
    for (const spelling of [name, ...(flag.aliases ?? [])]) {
      long.set(spelling, {takesValue})
      if (flag.allowNo) long.set(`no-${spelling}`, {takesValue: false})
    }
    for (const char of [flag.char, ...(flag.charAliases ?? [])]) if (char) short.set(char, {name, takesValue})
  }
  return {long, short}
}

/** Whether a word is an own flag, and whether its value is the next word; undefined when it is not ours. */
export function readOwnFlag(word: string, flags: OwnFlags): {readonly takesNext: boolean} | undefined {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=')
    const flag = flags.long.get(equals < 0 ? word.slice(2) : word.slice(2, equals))
    // A switch with a value is not one of ours.
    if (!flag || (equals >= 0 && !flag.takesValue)) return undefined
    return {takesNext: flag.takesValue && equals < 0}
  }
  const flag = word.startsWith('-') ? flags.short.get(word.charAt(1)) : undefined
  if (!flag) return undefined
  if (flag.takesValue) return {takesNext: word.length === 2}
  // A cluster that begins with one of our switches is the client's, if anyone's.
  return word.length === 2 ? {takesNext: false} : undefined
}
