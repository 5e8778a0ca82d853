import {execFile} from 'node:child_process'
import type {HelperRule} from '../../core/ports/hosts.js'
import {rootNodeWords} from './node-words.js'
import {FOLDER} from './places.js'
import {ruleCommand} from './rules.js'
import {readStamp} from './stamp.js'
import {findSudo} from './sudo.js'

/** sudo may hang in PAM, LDAP or DNS. */
const LIMIT_MS = 5000

/** sudo folds its lines for a terminal of this width, also where it writes to none. */
const ENVIRONMENT = {LC_ALL: 'C', COLUMNS: '9999'}

/** What sudo says itself: only root can read its rules. */
export async function ruleInForce(): Promise<HelperRule> {
  const sudo = findSudo()
  if (sudo === undefined) return 'none'
  const said = await outputOf(sudo, ['-n', '-l'])
  if (said === undefined) return 'unknown'
  const rules = said
    .split('\n')
    .flatMap((line) => (/^ +\(/.test(line) && line.includes(`${FOLDER}/`) ? [line.trim()] : []))
  if (rules.length === 0) return 'none'
  const own = `(root) NOPASSWD: ${ruleCommand(readStamp()?.words ?? rootNodeWords())}`
  return rules.every((rule) => rule === own) ? 'own' : 'other'
}

/** Undefined when it fails. */
function outputOf(file: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = execFile(file, words, {cwd: '/', env: ENVIRONMENT, timeout: LIMIT_MS}, (error, stdout) =>
      resolve(error ? undefined : stdout),
    )
    child.stdin?.end()
  })
}
