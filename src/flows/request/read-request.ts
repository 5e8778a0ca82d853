import {allConfigured, type Config, layerOf} from '../../settings/config-file/layers.js'
import {type FlagValues, readSettings, type SettingsSources} from '../../settings/read.js'
import type {Settings} from '../../settings/settings.js'
import type {ConfigFiles} from '../../core/ports/config-files.js'
import type {Say} from '../../core/run.js'
import {parseEndpointName} from '../../core/endpoint-name.js'
import {hasCode} from '../../core/errors.js'
import {foreignHost, notAnEndpoint, type TargetName} from '../../targets/parse-target.js'
import {type Lead, leadOf, leadOfGroup} from './lead.js'
import {loadConfig} from './load-config.js'
import {placeOf} from './place-of.js'
import {tellMistypedVariables} from './mistyped-variables.js'

/** Where what was not said on the command line comes from. */
export interface RequestSources extends Omit<SettingsSources, 'targetRegion' | 'layer'> {
  readonly configFiles: ConfigFiles
  readonly say: Pick<Say, 'notice'>
  /** As in `SettingsPorts`. */
  aliasesOf(host: string): Promise<readonly string[]>
}

/** Which database a run is for, and how it was asked to reach it. */
export interface TargetRequest {
  readonly name: TargetName
  readonly settings: Settings
  /** Where a team's file, which nobody has named, leads the word to another database. */
  readonly lead?: Lead | undefined
}

/**
 * One TARGET word with its flags: a name of the config files, else what RDS calls it. Rejects with TARGET_INVALID,
 * CONFIG_INVALID, CONFIG_UNSAFE, or as `readSettings` does.
 */
export async function readRequest(
  request: {readonly target: string; readonly flags: FlagValues},
  sources: RequestSources,
): Promise<TargetRequest> {
  tellMistypedVariables(sources)
  return requestOf(request, await loadConfig(sources.configFiles), sources)
}

/** The same for several words, with the config files read once. */
export async function readRequests(
  {targets, flags}: {readonly targets: readonly string[]; readonly flags: FlagValues},
  sources: RequestSources,
): Promise<readonly TargetRequest[]> {
  tellMistypedVariables(sources)
  const config = await loadConfig(sources.configFiles)
  return Promise.all(targets.map((target) => requestOf({target, flags}, config, sources)))
}

async function requestOf(
  {target, flags}: {readonly target: string; readonly flags: FlagValues},
  config: Config,
  sources: RequestSources,
): Promise<TargetRequest> {
  const {name, ...from} = await placeIn(target, config, sources)
  const settings = await readSettings(flags, {...sources, ...from})
  const configured = allConfigured(config).map((one) => one.name)
  const groups = config.flatMap((file) => [...file.groups.keys()])
  const request = {name, settings: {...settings, configured, groups}}
  return {...request, lead: await leadOf({target, flags}, request, config, sources)}
}

/** Where the word is an alias of an endpoint, the error names that endpoint. */
async function placeIn(target: string, config: Config, sources: RequestSources): Promise<ReturnType<typeof placeOf>> {
  try {
    return placeOf(target, config, sources.say)
  } catch (error) {
    const host = hasCode(error, 'TARGET_INVALID') ? foreignHost(target) : undefined
    const names = host === undefined ? [] : await sources.aliasesOf(host)
    const endpoint = names.find((one) => parseEndpointName(one))
    throw endpoint === undefined ? error : notAnEndpoint(target, endpoint)
  }
}

/** Words that are groups of the team's file, where a database may be called so, too. */
export async function readGroupLeads(
  {named, flags}: {readonly named: readonly string[]; readonly flags: FlagValues},
  sources: RequestSources,
): Promise<readonly Lead[]> {
  const config = await loadConfig(sources.configFiles)
  const leads = await Promise.all(named.map((target) => leadOfGroup({target, flags}, config, sources)))
  return leads.filter((lead) => lead !== undefined)
}

/** The same for what has no target: whom to ask, and where. */
export async function readAccount(flags: FlagValues, sources: RequestSources): Promise<Settings> {
  tellMistypedVariables(sources)
  return readSettings(flags, {...sources, layer: layerOf(await loadConfig(sources.configFiles), undefined)})
}
