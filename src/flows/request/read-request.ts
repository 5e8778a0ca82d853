import {distance} from 'fastest-levenshtein'
import {
  allConfigured,
  type Config,
  type ConfiguredTarget,
  findTarget,
  layerOf,
} from '../../settings/config-file/layers.js'
import {type FlagValues, readSettings, type SettingsSources} from '../../settings/read.js'
import type {Settings} from '../../settings/settings.js'
import {closestNames} from '../../core/text/closest-names.js'
import {fail, hasCode} from '../../core/errors.js'
import type {ConfigFiles} from '../../core/ports/config-files.js'
import type {Say} from '../../core/run.js'
import {parseTarget, regionOf, type TargetName} from '../../targets/parse-target.js'
import {isSameDatabase} from '../../targets/same-database.js'
import {loadConfig} from './load-config.js'

/** Where what was not said on the command line comes from. */
export interface RequestSources extends Omit<SettingsSources, 'targetRegion' | 'layer'> {
  readonly configFiles: ConfigFiles
  readonly say: Pick<Say, 'notice'>
}

/** Which database a run is for, and how it was asked to reach it. */
export interface TargetRequest {
  readonly name: TargetName
  readonly settings: Settings
}

/**
 * One TARGET word with its flags: a name of the config files, else what RDS calls it. Rejects with TARGET_INVALID,
 * CONFIG_INVALID, CONFIG_UNSAFE, or as `readSettings` does.
 */
export async function readRequest(
  request: {readonly target: string; readonly flags: FlagValues},
  sources: RequestSources,
): Promise<TargetRequest> {
  return requestOf(request, await loadConfig(sources.configFiles), sources)
}

/** The same for several words, with the config files read once. */
export async function readRequests(
  {targets, flags}: {readonly targets: readonly string[]; readonly flags: FlagValues},
  sources: RequestSources,
): Promise<readonly TargetRequest[]> {
  const config = await loadConfig(sources.configFiles)
  return Promise.all(targets.map((target) => requestOf({target, flags}, config, sources)))
}

async function requestOf(
  {target, flags}: {readonly target: string; readonly flags: FlagValues},
  config: Config,
  sources: RequestSources,
): Promise<TargetRequest> {
  const {name, ...from} = placeOf(target, config, sources.say)
  const settings = await readSettings(flags, {...sources, ...from})
  const configured = allConfigured(config).map((one) => one.name)
  const groups = config.flatMap((file) => [...file.groups.keys()])
  return {name, settings: {...settings, configured, groups}}
}

/** The same for what has no target: whom to ask, and where. */
export async function readAccount(flags: FlagValues, sources: RequestSources): Promise<Settings> {
  return readSettings(flags, {...sources, layer: layerOf(await loadConfig(sources.configFiles), undefined)})
}

/** What a TARGET word stands for, and what the config files say of it. A name that the team's file leads elsewhere is told. */
export function placeOf(
  target: string,
  config: Config,
  say: Pick<Say, 'notice'>,
): Pick<SettingsSources, 'targetRegion' | 'layer'> & {
  readonly name: TargetName
  readonly configured?: ConfiguredTarget
} {
  const all = allConfigured(config)
  const configured = findTarget(config, target)
  const name = configured ? nameOf(configured) : plainName(target, all)
  const {place, isTeams} = configured ?? {}
  if (place && isTeams && place.text.toLowerCase() !== configured?.name.toLowerCase()) {
    say.notice(`${configured?.name} stands for ${place.text} here: ${place.origin}`)
  }
  const alike = all.filter((one) => isSameDatabase(nameOf(one), name)).map((one) => one.name)
  return {
    name,
    targetRegion: regionOf(name),
    layer: layerOf(config, configured?.name, alike),
    ...(configured && {configured}),
  }
}

export function nameOf({name, place}: ConfiguredTarget): TargetName {
  return {...parseTarget(place?.text ?? name), text: name}
}

function plainName(target: string, all: readonly ConfiguredTarget[]): TargetName {
  try {
    return parseTarget(target)
  } catch (error) {
    const close = closestNames(
      target,
      all.map(({name}) => name),
      distance,
    )
    if (!hasCode(error, 'TARGET_INVALID') || close.length === 0) throw error
    throw fail(error.code, error.message, {hint: `Did you mean ${close.join(' or ')}?`, cause: error})
  }
}
