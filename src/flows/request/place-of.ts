import {distance} from 'fastest-levenshtein'
import {
  allConfigured,
  type Config,
  type ConfiguredTarget,
  findTarget,
  layerOf,
} from '../../settings/config-file/layers.js'
import type {SettingsSources} from '../../settings/read.js'
import {closestNames} from '../../core/text/closest-names.js'
import {fail, hasCode} from '../../core/errors.js'
import type {Say} from '../../core/run.js'
import {parseTarget, regionOf, type TargetName} from '../../targets/parse-target.js'
import {isSameDatabase} from '../../targets/same-database.js'
import {shownName} from '../../core/text/shell-line.js'

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
    say.notice(`${configured?.name} is ${place.text}: ${place.origin}`)
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
    throw fail(error.code, error.message, {
      hint: `Did you mean ${close.map((one) => shownName(one)).join(' or ')}?`,
      cause: error,
    })
  }
}
