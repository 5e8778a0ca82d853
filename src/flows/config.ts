import {allConfigured, type Config, type ConfiguredTarget, layerOf} from '../settings/config-file/layers.js'
import {type FlagValues, gatherSettings, type GivenSettings} from '../settings/gather.js'
import {checkSettings} from '../settings/read.js'
import type {ConfigListing, ConfiguredListing, SettingListing, TargetListing} from '../core/results/config-listing.js'
import {loadConfig} from './request/load-config.js'
import {placeOf, type RequestSources} from './request/read-request.js'

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
  sources: RequestSources,
): Promise<TargetListing> {
  const config = await loadConfig(sources.configFiles)
  const {name, configured, ...from} = placeOf(target, config, sources.say)
  const given = await gatherSettings(flags, {...sources, ...from})
  checkSettings(given, sources)
  const place = {value: configured?.place?.text ?? name.text, from: configured?.place?.origin ?? 'its name'}
  return {
    files: filesOf(config),
    target: name.text,
    settings: [{setting: name.kind === 'endpoint' ? 'host' : 'identifier', ...place}, ...settingsOf(given)],
  }
}

/** In the order in which they are shown, with what counts where nothing was given. */
const DEFAULTS: Readonly<Record<Exclude<keyof GivenSettings, 'openPort'>, string | null>> = {
  profile: null,
  region: null,
  user: null,
  database: null,
  bastion: null,
  localPort: null,
  resolve: 'auto',
  engine: 'auto',
  sslmode: 'verify-full',
  caBundle: null,
  reason: null,
  timeout: '60s',
  ttl: null,
  idle: null,
  keepAlive: 'false',
  allowOtherUsers: 'false',
  ownPort: 'true',
  production: 'false',
  readOnly: 'false',
  requireReason: 'false',
}

function settingsOf(given: GivenSettings): readonly SettingListing[] {
  return Object.entries(DEFAULTS).map(([setting, value]) => {
    const found = given[setting as keyof GivenSettings] ?? (setting === 'localPort' ? given.openPort : undefined)
    return {setting, value: found?.text ?? value, from: found?.origin ?? 'default'}
  })
}

function filesOf(config: Config): ConfigListing['files'] {
  return config.map(({owner, path}) => ({owner, path}))
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
