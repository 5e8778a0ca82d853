import type {ConfigFile} from '../../settings/config-file/config-file.js'
import {type Config, layerOf} from '../../settings/config-file/layers.js'
import {namedTargets} from '../../settings/config-file/match-targets.js'
import {gatherSettings} from '../../settings/gather.js'
import {type FlagValues, readSettings, type SettingsSources} from '../../settings/read.js'
import type {Settings} from '../../settings/settings.js'
import {isDbtunnelError} from '../../core/errors.js'
import type {LeadListing} from '../../core/results/config-listing.js'
import type {Approval} from '../../core/ports/approvals.js'
import {givenTarget} from '../../targets/fully-specified.js'
import {parseTarget, type TargetName} from '../../targets/parse-target.js'
import {resolveInput} from '../../tunnel/discovery/discover.js'
import {placeOf} from './place-of.js'

/** That a team's file leads a word that is typed to another database than the word itself names. */
export interface Lead {
  /** What a person has to approve. */
  readonly approval: Approval
  /** FILE:LINE, or FILE. */
  readonly origin: string
  /** What the word would be without the file, and what it is now, in words. */
  readonly without: string
  readonly to: string
  /** In which region that is. */
  readonly region: string
  /** Where there may be a database of the typed name: only then it counts. Undefined: it counts in any case. */
  readonly rivals: readonly Rival[] | undefined
}

/** A database that the word may have meant. */
export interface Rival {
  readonly name: TargetName
  /** Whom to ask, and in which region. */
  readonly settings: Settings
}

type Sources = Omit<SettingsSources, 'targetRegion' | 'layer'>

interface Word {
  readonly target: string
  readonly flags: FlagValues
}

/**
 * The lead of one word, whatever else settings say: undefined where the file does not change which database it is. A file
 * that its user has named leads nobody astray.
 */
export async function leadOf(
  word: Word,
  {name, settings}: {readonly name: TargetName; readonly settings: Settings},
  config: Config,
  sources: Sources,
): Promise<Lead | undefined> {
  const team = foundFile(config)
  const says = team && saidOf(team, word.target)
  if (!team || !says) return undefined
  const before = await withoutFile(word, config, team, sources)
  const isSame = before.name !== undefined && placeText(before.name) === placeText(name)
  const regions = [...new Set([before.region ?? settings.region, settings.region])]
  if (isSame && regions.length === 1) return undefined
  const isGiven = !isSame && name.kind === 'endpoint' && givenTarget(name, resolveInput(settings)) !== undefined
  const meant = before.name
  if (!meant && !isGiven) return undefined
  // By the region alone: the other one is where the word leads now.
  const elsewhere = isSame ? regions.filter((region) => region !== settings.region) : regions
  const {place, region} = says
  return {
    approval: {file: team.path, target: word.target.toLowerCase(), says: textsOf(says)},
    origin: (isSame ? region : (place ?? region))?.origin ?? team.path,
    without: meant ? whereText(meant, before.region ?? settings.region) : 'not the name of a database',
    to: whereText(name, settings.region),
    region: settings.region,
    rivals:
      isGiven || !meant ? undefined : elsewhere.map((one) => ({name: meant, settings: {...settings, region: one}})),
  }
}

/** The lead of a word that is the name of a group: of a team's file that may be what a database is called, too. */
export async function leadOfGroup({target, flags}: Word, config: Config, sources: Sources): Promise<Lead | undefined> {
  const team = foundFile(config)
  const word = target.toLowerCase()
  if (!team?.groups.has(word) || config.some(({targets}) => targets.has(word))) return undefined
  const name = parsed(target)
  if (!name) return undefined
  const members = namedTargets(config, target)
  const settings = await readSettings(flags, {...sources, layer: layerOf(config, undefined)})
  const own = config.filter((file) => file !== team)
  const before = await regionIn(flags, {...sources, layer: layerOf(own, undefined)})
  const regions = [...new Set([before ?? settings.region, settings.region])]
  const said = members.map((member) => JSON.stringify([member.toLowerCase(), textsOf(saidOf(team, member) ?? {})]))
  return {
    approval: {file: team.path, target: word, says: {members: said.sort()}},
    origin: team.path,
    without: whereText(name, before ?? settings.region),
    to: `a group: ${members.slice(0, 5).join(', ')}${members.length > 5 ? ' …' : ''}`,
    region: settings.region,
    rivals: regions.map((region) => ({name, settings: {...settings, region}})),
  }
}

/** A lead as results show it. */
export function listedLead({approval, without, to, origin}: Lead): Omit<LeadListing, 'approved'> {
  return {target: approval.target, without, to, from: origin}
}

/** The team's file, where nobody has named it. */
function foundFile(config: Config): ConfigFile | undefined {
  return config.find(({owner, namedBy}) => owner === 'team' && namedBy === undefined)
}

type Said = Partial<Record<'place' | 'region' | 'user' | 'bastion', {readonly text: string; readonly origin: string}>>

/** All that the file has to say of which database a word is; undefined where that is nothing. */
function saidOf({targets, defaults}: ConfigFile, word: string): Said | undefined {
  const target = targets.get(word.toLowerCase())
  const values = {...defaults, ...target?.values}
  const {place} = target ?? {}
  const {region, user, bastion} = values
  if (!place && !region) return undefined
  // With these and a host nothing is looked up.
  const isHost = place?.text.includes('.') === true
  return {
    ...(place && {place}),
    ...(region && {region}),
    ...(isHost && user && {user}),
    ...(isHost && bastion && {bastion}),
  }
}

function textsOf(said: Said): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(said).map(([key, {text}]) => [key, text.toLowerCase()]))
}

/** What the word would be, if the file were not there. */
async function withoutFile(
  {target, flags}: Word,
  config: Config,
  team: ConfigFile,
  sources: Sources,
): Promise<{readonly name?: TargetName; readonly region?: string | undefined}> {
  const others = config.filter((file) => file !== team)
  try {
    const {name, ...from} = placeOf(target, others, {notice: () => {}})
    return {name, region: await regionIn(flags, {...sources, ...from})}
  } catch (error) {
    if (!isDbtunnelError(error)) throw error
    return {}
  }
}

/** Undefined where there would be none. */
async function regionIn(flags: FlagValues, sources: SettingsSources): Promise<string | undefined> {
  try {
    return (await gatherSettings(flags, sources)).region?.text
  } catch (error) {
    if (!isDbtunnelError(error)) throw error
    return undefined
  }
}

function parsed(text: string): TargetName | undefined {
  try {
    return parseTarget(text)
  } catch (error) {
    if (!isDbtunnelError(error)) throw error
    return undefined
  }
}

function placeText(name: TargetName): string {
  switch (name.kind) {
    case 'name':
      return name.id
    case 'reader':
      return `${name.clusterId}:reader`
    case 'custom':
      return `${name.clusterId}:${name.endpointId}`
    case 'global':
    case 'endpoint':
      return name.host
  }
}

function whereText(name: TargetName, region: string): string {
  return name.kind === 'endpoint' ? placeText(name) : `${placeText(name)} in ${region}`
}
