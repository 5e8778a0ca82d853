import type {BastionRule} from '../bastions/rule.js'
import type {TlsMode} from '../databases/tls-mode.js'
import {
  bastionRule as readBastionRule,
  duration,
  filePath,
  type Given,
  loginWord,
  oneOf,
  portNumber,
  printableText,
  profileName,
  reasonText,
  regionOf,
  sslMode,
  uploadRate,
} from './values.js'

/** What the values of a setting look like, wherever they are given. */
export interface ValueKind<T = unknown> {
  /** As which type it stands in a config file. */
  readonly form: 'text' | 'path' | 'words' | 'port' | 'time' | 'switch'
  /** Stands for the value in help texts. */
  readonly placeholder: string
  /** All possible values, where they are a few words. */
  readonly words?: readonly string[]
  /** For the error about a value of another type in a config file. */
  readonly examples?: string
  /** Throws VALUE_INVALID, naming the flag or variable. A relative path begins in `cwd`. */
  read(given: Given, cwd: string): T
}

/** A yes or no: flags and config files give `true` and `false`. */
export interface Switch extends ValueKind<boolean> {
  readonly form: 'switch'
}

export const onOff: Switch = {form: 'switch', placeholder: 'on', read: ({text}) => text === 'true'}

/** As a word, where off is worth saying. */
export const onOrOff: ValueKind<boolean> = {
  form: 'words',
  placeholder: 'on|off',
  words: ['on', 'off'],
  read: (given) => oneOf(given, ['on', 'off']) === 'on',
}

export const region: ValueKind<string> = {form: 'text', placeholder: 'REGION', read: regionOf}
export const profile: ValueKind<string> = {form: 'text', placeholder: 'NAME', read: profileName}
export const databaseUser: ValueKind<string> = {
  form: 'text',
  placeholder: 'NAME',
  read: (given) => loginWord(given, 'user'),
}
export const databaseName: ValueKind<string> = {
  form: 'text',
  placeholder: 'NAME',
  read: (given) => loginWord(given, 'database'),
}
export const bastionRule: ValueKind<BastionRule> = {form: 'text', placeholder: 'RULE', read: readBastionRule}
export const reason: ValueKind<string> = {form: 'text', placeholder: 'TEXT', read: reasonText}
export const port: ValueKind<number> = {form: 'port', placeholder: 'PORT', read: portNumber}
export const pemFile: ValueKind<string> = {form: 'path', placeholder: 'FILE', read: filePath}
export const configPath: ValueKind<string> = {
  form: 'path',
  placeholder: 'FILE',
  read: (given) => printableText(given, 'the path of a file'),
}
export const program: ValueKind<string> = {
  form: 'text',
  placeholder: 'FILE',
  read: (given) => printableText(given, 'the path or name of a program'),
}
export const rate: ValueKind<number | 'unlimited'> = {form: 'text', placeholder: 'BYTES', read: uploadRate}

export const tlsMode: ValueKind<TlsMode> = {
  form: 'words',
  placeholder: 'MODE',
  words: ['verify-full', 'verify-ca'],
  read: sslMode,
}

/** One of a few words. */
export function words<const T extends string>(placeholder: string, all: readonly T[]): ValueKind<T> {
  return {form: 'words', placeholder, words: all, read: (given) => oneOf(given, all)}
}

/** From 1 s to `longest`, in milliseconds. */
export function time(longest: string, examples: string): ValueKind<number> {
  return {form: 'time', placeholder: 'TIME', examples, read: (given) => duration(given, longest, examples)}
}
