import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {PACKAGE_FOLDER} from '../package-folder.js'
import {areRootNodeWords} from './node-words.js'
import {STAMP} from './places.js'
import {rulesText} from './rules.js'

/** What was installed, beside it: only root can read sudo's rules, and everyone is to know whether they are this version's. */
export interface Stamp {
  /** Of dbtunnel. */
  readonly version: string
  /** As the rule names the user. */
  readonly user: string
  /** Node's words in the rule. */
  readonly words: readonly string[]
  /** SHA-256 of the file with the rule. */
  readonly rules: string
  /** Folders that were made for it, outermost first: they go with it. */
  readonly made: readonly string[]
}

export function newStamp({user, words, made}: Pick<Stamp, 'user' | 'words' | 'made'>): Stamp {
  return {version: ownVersion(), user, words, rules: digest(rulesText(user, words)), made}
}

/** Undefined where there is none, or none that we could have made. */
export function readStamp(): Stamp | undefined {
  try {
    const {version, user, words, rules, made} = JSON.parse(readFileSync(STAMP, 'utf8')) as Partial<Stamp>
    if (version === undefined || user === undefined || rules === undefined) return undefined
    return {version, user, words: textsIn(words), rules, made: textsIn(made)}
  } catch {
    return undefined
  }
}

/** Whether this very version makes such a stamp, with such a rule. */
export function isOwnStamp({version, user, words, rules}: Stamp): boolean {
  return version === ownVersion() && areRootNodeWords(words) && rules === digest(rulesText(user, words))
}

export function digest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

function ownVersion(): string {
  const {version} = JSON.parse(readFileSync(new URL('package.json', PACKAGE_FOLDER), 'utf8')) as {version: string}
  return version
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
