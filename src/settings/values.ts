import {resolve} from 'node:path'
import {quoted} from '../core/text/clip.js'
import {type DbtunnelError, fail} from '../core/errors.js'
import {isPort, isRegion} from '../core/grammars.js'
import {LONGEST_REASON} from '../core/session-mark.js'
import {type BastionRule, parseBastionRule, RULE_FORMS} from '../bastions/rule.js'
import type {TlsMode} from '../databases/tls-mode.js'

/** One value as it was given: `origin` is the flag or variable, as the user knows it. */
export interface Given {
  readonly text: string
  readonly origin: string
}

export function regionOf(given: Given): string {
  if (isRegion(given.text)) return given.text
  throw invalid(given, 'an AWS region, such as eu-west-1')
}

/** A database's user or name. libpq would read `=` and `://` as a whole connection string. */
export function loginWord(given: Given, what: 'user' | 'database'): string {
  const {text} = given
  const connection = what === 'database' && (text.includes('=') || text.includes('://'))
  if (isPrintable(text) && !text.startsWith('-') && !connection) return text
  throw invalid(given, what === 'database' ? 'the plain name of a database' : 'the name of a database user')
}

/** A profile's name; whether there is such a profile shows when it is read. */
export function profileName(given: Given): string {
  if (isPrintable(given.text) && !given.text.startsWith('-')) return given.text
  throw invalid(given, 'the name of an AWS profile')
}

/** How a bastion rule may be written, for help and errors. */
export const BASTION_FORMS = RULE_FORMS.join(', ')

export function bastionRule(given: Given): BastionRule {
  const rule = isPrintable(given.text) ? parseBastionRule(given.text) : undefined
  if (rule) return rule
  throw invalid(given, `one of ${BASTION_FORMS}`)
}

export function portNumber(given: Given): number {
  const port = /^\d{1,5}$/.test(given.text) ? Number(given.text) : 0
  if (isPort(port)) return port
  throw invalid(given, 'a port from 1 to 65535')
}

export function oneOf<const T extends string>(given: Given, words: readonly T[]): T {
  const word = words.find((one) => one === given.text)
  if (word !== undefined) return word
  throw invalid(given, `one of ${words.join(', ')}`)
}

const LOWER_SSLMODES = ['disable', 'allow', 'prefer', 'require']

export function sslMode(given: Given): TlsMode {
  if (!LOWER_SSLMODES.includes(given.text)) return oneOf(given, ['verify-full', 'verify-ca'])
  throw fail(
    'VALUE_INVALID',
    `${given.origin} ${given.text} is not allowed: the token (a password) could go to any server.`,
    {
      hint: 'Use verify-full (the default), or verify-ca, which does not check the host name.',
    },
  )
}

/** Kept in the session history, with a mark of ours behind it. */
export function reasonText(given: Given): string {
  if (given.text.length <= LONGEST_REASON && isPrintable(given.text)) return given.text
  throw invalid(given, `one line of 1 to ${LONGEST_REASON} characters`)
}

const UNITS_MS: Readonly<Record<string, number>> = {s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}

/** `45s`, `2m`, `8h`, `1d` or plain seconds, from 1 s to `longest`, which is written the same way; in milliseconds. */
export function duration(given: Given, longest: string, examples: string): number {
  const ms = millisecondsOf(given.text)
  if (ms >= 1000 && ms <= millisecondsOf(longest)) return ms
  throw invalid(given, `a time from 1s to ${longest}, such as ${examples}`)
}

function millisecondsOf(text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? []
  return Math.round(Number(amount) * (UNITS_MS[unit] ?? NaN))
}

/** Bytes a second, at least what one message holds; or no limit. */
export function uploadRate(given: Given): number | 'unlimited' {
  if (given.text === 'unlimited') return 'unlimited'
  const rate = /^\d{1,12}$/.test(given.text) ? Number(given.text) : 0
  if (rate >= 1024) return rate
  throw invalid(given, 'bytes a second (1024 or more), or unlimited')
}

/** An absolute path; whether the file can be read shows when it is needed. */
export function filePath(given: Given, cwd: string): string {
  if (isPrintable(given.text)) return resolve(cwd, given.text)
  throw invalid(given, 'the path of a PEM file')
}

/** One line. */
export function printableText(given: Given, expected: string): string {
  if (isPrintable(given.text)) return given.text
  throw invalid(given, expected)
}

function isPrintable(text: string): boolean {
  return text !== '' && !/\p{Cc}/u.test(text)
}

function invalid({text, origin}: Given, expected: string): DbtunnelError {
  // Quoted as JSON: no control character of a value reaches the terminal.
  return fail('VALUE_INVALID', `${origin}: ${quoted(text)} is not ${expected}.`)
}
