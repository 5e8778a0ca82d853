import {HELPER, NODE} from './places.js'

/**
 * The file for sudo: one rule, for one Node with these words and one program; with nothing of the user's environment,
 * whatever the machine's rules say. sudo compares all words, and starts it with no others.
 */
export function rulesText(who: string, words: readonly string[]): string {
  return `# Made by "dbtunnel hosts install"; "dbtunnel hosts uninstall" takes it out.
Defaults!${NODE} env_reset, !setenv, !env_keep, !env_check
${who} ALL=(root) NOPASSWD: ${ruleCommand(words)}
`
}

/** As sudo writes it, in its files and in `sudo -l`. */
export function ruleCommand(words: readonly string[]): string {
  return [NODE, ...[...words, HELPER].map(escaped)].join(' ')
}

/** A user as sudo's rules name one: by number where the name could mean something else there. */
export function ruleUser({name, uid}: {readonly name: string; readonly uid: number}): string {
  return /^[a-z_][a-z0-9_-]*$/.test(name) ? name : `#${uid}`
}

/** What means something to sudo in a word: its own signs, and those of patterns. */
function escaped(word: string): string {
  return word.replace(/[,:=\\*?![\]]/g, '\\$&')
}
