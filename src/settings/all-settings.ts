import {definitions} from './definitions.js'
import {GROUPS, type Setting} from './setting.js'

export type AnySetting = (typeof definitions)[number]

/** Names of all settings. */
export type SettingKey = AnySetting['key']

/** Every setting, in the order in which help and `dbtunnel config` show them. */
export const SETTINGS: readonly (Setting & Pick<AnySetting, 'key'>)[] = GROUPS.flatMap((group) =>
  definitions.filter((one) => one.group === group),
)
