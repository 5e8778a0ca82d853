import {type FlagValues, readSettings, type SettingsSources} from '../config/read-settings.js'
import type {Settings} from '../config/settings.js'
import {parseTarget, regionOf, type TargetName} from '../resolve/parse-target.js'

/** Where what was not said on the command line comes from. */
export type RequestSources = Omit<SettingsSources, 'targetRegion'>

/** Which database a run is for, and how it was asked to reach it. */
export interface TargetRequest {
  readonly name: TargetName
  readonly settings: Settings
}

/** One TARGET word with its flags. Rejects with TARGET_INVALID, or as `readSettings` does. */
export async function readRequest(
  {target, flags}: {readonly target: string; readonly flags: FlagValues},
  sources: RequestSources,
): Promise<TargetRequest> {
  const name = parseTarget(target)
  return {name, settings: await readSettings(flags, {...sources, targetRegion: regionOf(name)})}
}

/** The same for what has no target: whom to ask, and where. */
export async function readAccount(flags: FlagValues, sources: RequestSources): Promise<Settings> {
  return readSettings(flags, sources)
}
