import {jsonSchemas} from './config-file/json-schema.js'

export {SETTINGS} from './all-settings.js'
export {GROUPS, variableOf} from './setting.js'

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
}

/** For docs/reference/settings.md: what a config file says of a target besides settings, by key. */
export function placeKeys(): Readonly<Record<string, string>> {
  const {defaults, targets} = (jsonSchemas()['config.schema.json'] as Schema).properties ?? {}
  const keys = Object.entries(targets?.additionalProperties?.properties ?? {})
  const settings = defaults?.properties ?? {}
  return Object.fromEntries(keys.flatMap(([key, {description = ''}]) => (key in settings ? [] : [[key, description]])))
}
