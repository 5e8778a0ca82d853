import {allConfigured, type Config, type ConfiguredTarget, layerOf} from '../settings/config-file/layers.js'
import {SETTINGS} from '../settings/all-settings.js'
import {type FlagValues, gatherSettings, type GivenSettings} from '../settings/gather.js'
import {checkSettings} from '../settings/read.js'
import type {ConfigListing, ConfiguredListing, SettingListing, TargetListing} from '../core/results/config-listing.js'
import type {ApprovalPort} from '../core/ports/approvals.js'
import {loadConfig} from './request/load-config.js'
import {leadOf, listedLead} from './request/lead.js'
import {placeOf} from './request/place-of.js'
import type {RequestSources} from './request/read-request.js'
import {tellMistypedVariables} from './request/mistyped-variables.js'

/** What the config files hold. Asks nobody. Rejects with CONFIG_INVALID or CONFIG_UNSAFE. */
export async function listConfig({configFiles}: Pick<RequestSources, 'configFiles'>): Promise<ConfigListing> {
  const config = await loadConfig(configFiles)
  return {
    files: filesOf(config),
    targets: allConfigured(config).map((one) => listed(one, config)),
    groups: config.flatMap(({groups}) => [...groups].map(([name, members]) => ({name, members}))),
  }
}

/** What a target would be opened with, and where each value comes from. Asks nobody. Rejects as `readRequest` does. */
export async function explainTarget(
  {target, flags}: {readonly target: string; readonly flags: FlagValues},
  {approvals, sources}: {readonly approvals: ApprovalPort; readonly sources: RequestSources},
): Promise<TargetListing> {
  tellMistypedVariables(sources)
  const config = await loadConfig(sources.configFiles)
  const {name, configured, ...from} = placeOf(target, config, sources.say)
  const given = await gatherSettings(flags, {...sources, ...from})
  const settings = checkSettings(given, sources)
  const lead = await leadOf({target, flags}, {name, settings}, config, sources)
  const place = {value: configured?.place?.text ?? name.text, from: configured?.place?.origin ?? 'its name'}
  return {
    files: filesOf(config),
    target: name.text,
    configured: configured !== undefined,
    lead: lead ? {...listedLead(lead), approved: await approvals.has(lead.approval)} : null,
    settings: [{setting: 'host' in name ? 'host' : 'identifier', ...place}, ...settingsOf(given)],
  }
}

function settingsOf(given: GivenSettings): readonly SettingListing[] {
  return SETTINGS.map(({key, default: standard}) => {
    const found = given[key] ?? (key === 'localPort' ? given.openPort : undefined)
    return {setting: key, value: found?.text ?? standard ?? null, from: found?.origin ?? 'default'}
  })
}

/** What counts where a setting has neither a value nor a default, in words. By its key. */
export function unsetTexts(): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(SETTINGS.flatMap(({key, unset}) => (unset === undefined ? [] : [[key, unset]])))
}

function filesOf(config: Config): ConfigListing['files'] {
  return config.map(({owner, path, namedBy = null}) => ({owner, path, namedBy}))
}

function listed({name, place, tags, origins}: ConfiguredTarget, config: Config): ConfiguredListing {
  const {rails} = layerOf(config, name)
  return {
    target: name,
    standsFor: place?.text ?? name,
    production: rails.production !== undefined,
    readOnly: rails.readOnly !== undefined,
    requireReason: rails.requireReason !== undefined,
    tags,
    from: origins,
  }
}
