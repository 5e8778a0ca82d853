import {isDbtunnelError} from '../../core/errors.js'
import type {ConfigText} from '../../core/ports/config-files.js'
import {SETTINGS, type SettingKey} from '../all-settings.js'
import type {Setting} from '../setting.js'
import type {Given} from '../values.js'
import type {Values} from './config-file.js'
import type {Path, Yaml} from './parse-yaml.js'

/** The settings among what stands in a section. */
type Section = Readonly<Partial<Record<SettingKey, string | number | boolean | undefined>>>

/** RateLimit the settings of a section into values that know where they come from. */
export class SectionReader {
  readonly #file: ConfigText
  readonly yaml: Yaml

  constructor(file: ConfigText, yaml: Yaml) {
    this.#file = file
    this.yaml = yaml
  }

  /** What a value must look like is the same as for the flags. */
  values(section: Section, path: Path): Values {
    const entries = SETTINGS.flatMap((one) => {
      const value = section[one.key]
      return value === undefined ? [] : [[one.key, this.#value(one, String(value), [...path, one.key])]]
    })
    return Object.fromEntries(entries) as Values
  }

  #value({value}: Setting, text: string, at: Path): Given {
    const isPath = value.form === 'path'
    const read = located(this.yaml, at, () => {
      if (isPath && text.startsWith('~')) throw new Error('write the path in full: no shell reads the ~')
      return value.read({text, origin: ''}, this.#folder)
    })
    // The same one in whatever folder dbtunnel is started.
    return this.given(isPath ? String(read) : text, at)
  }

  given(text: string, path: Path): Given {
    return {text, origin: this.originOf(path)}
  }

  originOf(path: Path): string {
    return `${this.#file.path}:${this.yaml.lineOf(path)}`
  }

  get #folder(): string {
    return this.#file.path.replace(/\/[^/]*$/, '') || '/'
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
