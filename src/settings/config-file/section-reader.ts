import {isDbtunnelError} from '../../core/errors.js'
import type {ConfigText} from '../../core/ports/config-files.js'
import type {RailKey, SettingKey, Values} from './config-file.js'
import type {FileShape} from './shape.js'
import type {Path, Yaml} from './parse-yaml.js'
import {
  bastionRule,
  duration,
  filePath,
  type Given,
  lifetime,
  loginWord,
  profileName,
  reasonText,
  regionOf,
} from '../values.js'

export type Section = NonNullable<FileShape['defaults']>
export type TargetSection = NonNullable<FileShape['targets']>[string]

/** What a value must look like: the same as for the flags. */
const CHECKS: Readonly<Partial<Record<string, (value: Given) => unknown>>> = {
  profile: profileName,
  region: regionOf,
  user: (value) => loginWord(value, 'user'),
  database: (value) => loginWord(value, 'database'),
  bastion: bastionRule,
  reason: reasonText,
  timeout: (value) => duration(value),
  ttl: lifetime,
  idle: lifetime,
}

/** Turns the settings of a section into values that know where they come from. */
export class SectionReader {
  readonly #file: ConfigText
  readonly yaml: Yaml

  constructor(file: ConfigText, yaml: Yaml) {
    this.#file = file
    this.yaml = yaml
  }

  values(section: Section & Partial<TargetSection>, path: Path): Values {
    const {identifier: _, host: _host, port: _port, tags: _tags, ...settings} = section
    const entries = Object.entries(settings).map(([key, value]): [SettingKey | RailKey, Given] => {
      const at = [...path, key]
      const given = this.given(String(value), at)
      const {text} = given
      located(this.yaml, at, () => CHECKS[key]?.({text, origin: ''}))
      // Whatever folder dbtunnel is started in.
      const isPath = key === 'caBundle'
      return [key as SettingKey, isPath ? {...given, text: located(this.yaml, at, () => this.#absolute(text))} : given]
    })
    return Object.fromEntries(entries)
  }

  given(text: string, path: Path): Given {
    return {text, origin: this.originOf(path)}
  }

  originOf(path: Path): string {
    return `${this.#file.path}:${this.yaml.lineOf(path)}`
  }

  #absolute(text: string): string {
    if (!text.startsWith('~')) return filePath({text, origin: ''}, this.#file.path.replace(/\/[^/]*$/, '') || '/')
    throw new Error('write the path in full: no shell reads the ~')
  }
}

/** Says where the value stands that `read` refuses. */
export function located<T>(yaml: Yaml, path: Path, read: () => T, before = ''): T {
  try {
    return read()
  } catch (error) {
    const {message} = error as Error
    throw yaml.failAt(path, `${before}${message.replace(/^: /, '')}`, {
      hint: isDbtunnelError(error) ? error.hint : undefined,
    })
  }
}
