import {compareVersions} from '../../../core/versions.js'

/** Since this one the plugin takes StartSession's response from an environment variable. */
export const OLDEST_PLUGIN = '1.2.536.0'

/** Four numbers, as `--version` prints them (real plugin 1.2.677); undefined for anything else. */
export function readPluginVersion(output: string): string | undefined {
  return /^\s*(\d+(?:\.\d+){3})\s*$/.exec(output)?.[1]
}

export function isTooOld(version: string): boolean {
  return compareVersions(version, OLDEST_PLUGIN) < 0
}
