import {readFileSync} from 'node:fs'

/** What Node puts in the place of bytes that are no UTF-8. */
const REPLACED = '\uFFFD'

/**
 * The first of these words of the command line that is not what was typed, for it was not in UTF-8; undefined when there
 * is none, and where the kernel does not show the bytes (all but Linux).
 */
export function mangledWord(words: readonly string[]): string | undefined {
  const doubtful = words.filter((word) => word.includes(REPLACED))
  if (doubtful.length === 0) return undefined
  const typed = commandLine()
  return typed && doubtful.find((word) => !typed.includes(`\0${word}\0`))
}

function commandLine(): Buffer | undefined {
  try {
    return readFileSync('/proc/self/cmdline')
  } catch {
    return undefined
  }
}
