import {readFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {fail} from '../../core/errors.js'
import {headerWords, IniError, type IniSection, type IniValue, parseIniFile} from './ini-file.js'

/** A setting, and where it stands. */
export interface AwsSetting extends IniValue {
  readonly file: string
}

type Settings = ReadonlyMap<string, AwsSetting>

/** A section that looks like a profile, but is not one to the AWS CLI. */
export interface DroppedSection {
  /** What it seems to be called. */
  readonly name: string
  /** A sentence that begins with FILE:LINE, and says what to write. */
  readonly why: string
}

/** The config and credentials files together, as the AWS CLI understands them. */
export interface AwsFiles {
  /** By its name. The settings of the credentials file win. */
  readonly profiles: ReadonlyMap<string, Settings>
  /** `sso-session` and `services`, by what they are called there: `sso-session.corp`. */
  readonly others: ReadonlyMap<string, Settings>
  readonly dropped: readonly DroppedSection[]
}

/** Where the files are, as variables say it. */
export function awsFilePaths(): {readonly config: string; readonly credentials: string} {
  const {AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials} = process.env
  return {
    config: config || join(homedir(), '.aws', 'config'),
    credentials: credentials || join(homedir(), '.aws', 'credentials'),
  }
}

/** Reads both. A file that is not there is as an empty one. Rejects with CONFIG_INVALID, FILE:LINE, where the AWS CLI would fail. */
export async function readAwsFiles(): Promise<AwsFiles> {
  const paths = awsFilePaths()
  const [config, credentials] = await Promise.all([sectionsOf(paths.config), sectionsOf(paths.credentials)])
  const profiles = new Map<string, Settings>()
  const others = new Map<string, Settings>()
  const dropped: DroppedSection[] = []
  for (const section of config.sections) {
    const words = headerWords(section.header)
    const [kind = '', name, ...more] = words ?? []
    const settings = settingsOf(section, config.file)
    if (section.header === 'default') profiles.set('default', settings)
    else if (name === undefined || more.length > 0 || /^\s/.test(section.header))
      dropped.push(...asDropped(section, config.file))
    else if (kind.startsWith('profile')) profiles.set(name, settings)
    else if (kind === 'sso-session' || kind === 'services') others.set(`${kind}.${name}`, settings)
  }
  for (const section of credentials.sections) {
    const own = settingsOf(section, credentials.file)
    profiles.set(section.header, new Map([...(profiles.get(section.header) ?? []), ...own]))
    const name = /^profile\s+(.*)$/.exec(section.header)?.[1]
    if (name !== undefined) {
      const place = `${credentials.file}:${section.line}`
      dropped.push({name, why: `${place} has [${section.header}]. In this file it is [${name}].`})
    }
  }
  for (const {file, sections} of [config, credentials]) {
    for (const {values} of sections) {
      for (const {text, line} of values.values()) dropped.push(...withinValue(text, `${file}:${line}`))
    }
  }
  return {profiles, others, dropped}
}

interface AwsFile {
  readonly file: string
  readonly sections: readonly IniSection[]
}

async function sectionsOf(file: string): Promise<AwsFile> {
  const path = file.startsWith('~/') ? join(homedir(), file.slice(2)) : file
  const bytes = await readFile(path).catch(() => undefined)
  if (!bytes) return {file, sections: []}
  let text: string
  try {
    text = new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch {
    throw fail('CONFIG_INVALID', `${file} is not UTF-8: the AWS CLI cannot read it, either.`, {
      hint: `Save it as UTF-8.`,
    })
  }
  try {
    return {file, sections: parseIniFile(text)}
  } catch (error) {
    if (!(error instanceof IniError)) throw error
    throw fail('CONFIG_INVALID', `${file}:${error.line} ${error.message}: the AWS CLI cannot read it, either.`, {
      hint: 'Mend that line.',
    })
  }
}

function settingsOf({values}: IniSection, file: string): Settings {
  return new Map([...values].map(([key, value]) => [key, {...value, file}]))
}

function asDropped({header, line}: IniSection, file: string): readonly DroppedSection[] {
  const place = `${file}:${line} has [${header}]`
  const [, blank = '', name = ''] = /^(\s*)profile\s+(.*)$/.exec(header) ?? []
  const plain = name.trim().replaceAll(/["']/g, '')
  if (name === '')
    return [{name: header, why: `${place}, where the word profile is missing. Write: [profile ${quotedName(header)}]`}]
  if (blank !== '')
    return [{name: plain, why: `${place}, with a blank behind the bracket. Write: [profile ${quotedName(plain)}]`}]
  return [{name: plain, why: `${place}, whose quotes are missing or not closed. Write: [profile ${quotedName(plain)}]`}]
}

/** Sections in lines that are indented: those go on with the value before them. */
function withinValue(text: string, place: string): readonly DroppedSection[] {
  return [...text.matchAll(/^\[(?:profile\s+)?(.+)\]$/gm)].map(([header, name = '']) => ({
    name: name.replaceAll(/["']/g, ''),
    why: `${place} goes on with ${header}, which is indented. Begin that line at its left end.`,
  }))
}

function quotedName(name: string): string {
  return /^[\w.@+%:/,=-]+$/.test(name) ? name : `"${name}"`
}

/**
 * The same as one config file, in words that the SDK's reader understands: that drops names with blanks or letters beyond
 * ASCII, names in capitals and colons, cuts values at a `#`, and takes an empty value for the begin of a nested one.
 */
export function asSdkReads({profiles, others}: AwsFiles): string {
  const lines: string[] = []
  const put = (header: string, settings: Settings): void => {
    if (/[\r\n]|\s[#;]/.test(header)) return
    lines.push(`[${header}]`)
    for (const [key, {text, nested}] of settings) {
      if (nested) lines.push(`${key} =`, ...Object.entries(nested).map(([name, value]) => `  ${name} = ${value}`))
      else if (text !== '' && isPlain(text)) lines.push(`${key} = ${text}`)
    }
  }
  for (const [name, settings] of profiles) put(name === 'default' ? name : `profile.${name}`, settings)
  for (const [name, settings] of others) put(name, settings)
  return `${lines.join('\n')}\n`
}

/** Whether the SDK's reader takes this value as it is. */
export function isPlain(text: string): boolean {
  return !/[\r\n]|(^|\s)[#;]/.test(text)
}
