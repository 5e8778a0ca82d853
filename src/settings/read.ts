import {SETTINGS} from './all-settings.js'
import {type FlagValues, gatherSettings, type GivenSettings, type SettingsSources} from './gather.js'
import type {Setting} from './setting.js'
import type {Settings} from './settings.js'
import {portNumber} from './values.js'

export type {FlagValues, SettingsSources} from './gather.js'

/** What a run is to do. Rejects as `gatherSettings` does, or with VALUE_INVALID naming the flag or variable. */
export async function readSettings(flags: FlagValues, sources: SettingsSources): Promise<Settings> {
  return checkSettings(await gatherSettings(flags, sources), sources)
}

/** Checks what every given value looks like. */
export function checkSettings(given: GivenSettings, {cwd}: Pick<SettingsSources, 'cwd'>): Settings {
  const valueOf = ({value, default: text, absent}: Setting, key: keyof GivenSettings): unknown => {
    const found = given[key] ?? (text === undefined ? undefined : {text, origin: 'default'})
    return found ? value.read(found, cwd) : absent
  }
  const values = SETTINGS.map((one) => [one.property ?? one.key, valueOf(one, one.key)])
  const {openPort} = given
  return {
    ...(Object.fromEntries(values) as Settings),
    ...(openPort && {openPort: portNumber(openPort)}),
  }
}
