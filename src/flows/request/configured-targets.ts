import {allConfigured, layerOf} from '../../settings/config-file/layers.js'
import type {Settings} from '../../settings/settings.js'
import type {Tags} from '../../core/results/database-listing.js'
import type {TargetName} from '../../targets/parse-target.js'
import {regionOf} from '../../targets/parse-target.js'
import {loadConfig} from './load-config.js'
import {nameOf} from './place-of.js'
import type {RequestSources} from './read-request.js'

/** A name of the config files, as far as a list of databases needs it. */
export interface ConfiguredName {
  readonly name: TargetName
  readonly standsFor: string
  readonly tags: Tags
  /** Whether it is in the region, and of the profile, that is listed. */
  readonly isHere: boolean
}

/** All names of the config files, and which of them are of the region and profile that are listed. */
export async function readConfiguredNames(
  {configFiles}: Pick<RequestSources, 'configFiles'>,
  {region, profile}: Pick<Settings, 'region' | 'profile'>,
): Promise<readonly ConfiguredName[]> {
  const config = await loadConfig(configFiles)
  return allConfigured(config).map((one) => {
    const {values} = layerOf(config, one.name)
    const name = nameOf(one)
    const own = {region: regionOf(name) ?? values.region?.text ?? region, profile: values.profile?.text ?? profile}
    return {
      name,
      standsFor: one.place?.text ?? one.name,
      tags: one.tags,
      isHere: own.region === region && own.profile === profile,
    }
  })
}
