import {readPsqlWord} from './options.js'

/** With one of these psql never asks for a command: `-c -f -l -V`, and help. */
const WITHOUT_PROMPT = ['c', 'f', 'l', 'V', '?', 'help']

/** Whether psql, given these words on a terminal, shows a prompt. */
export function hasPrompt(words: readonly string[]): boolean {
  for (let at = 0; at < words.length; at++) {
    const read = readPsqlWord(words[at] as string)
    if (read.kind !== 'options') return true
    const {bare, valued} = read
    if ([...bare, valued?.letter].some((letter) => letter !== undefined && WITHOUT_PROMPT.includes(letter)))
      return false
    if (valued && valued.value === undefined) at++
  }
  return true
}

/** Whether psql, given these words, prints its help or version, and connects to nothing. */
export function isAboutItself(words: readonly string[]): boolean {
  for (let at = 0; at < words.length; at++) {
    const read = readPsqlWord(words[at] as string)
    if (read.kind === 'end') return false
    if (read.kind !== 'options') continue
    if (read.bare.some((letter) => ['V', '?', 'help'].includes(letter))) return true
    if (read.valued && read.valued.value === undefined) at++
  }
  return false
}

/**
 * Words for psql to have before the user's own, so that its prompt begins with the target. psql reads ~/.psqlrc, and
 * the user's own -v, after them: a PROMPT1 there wins, and may show the same by %:DBTUNNEL:, whose value psql does not
 * expand. Nothing is said of writing where dbtunnel sets nothing, and nobody called the target production.
 */
export function promptWords(
  target: string,
  {readOnly, production}: {readonly readOnly: boolean; readonly production: boolean},
): readonly string[] {
  const mode = readOnly ? ' [read-only]' : production ? ' [write]' : ''
  // Behind the first space: psql's own default.
  return ['-v', `DBTUNNEL=${target}${mode}`, '-v', 'PROMPT1=%:DBTUNNEL: %/%R%x%# ']
}
