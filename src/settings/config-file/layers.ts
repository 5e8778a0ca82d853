import {SETTINGS} from '../all-settings.js'
import type {Given} from '../values.js'
import type {BastionEntry, ConfigFile, Values} from './config-file.js'

/** The user's own file over the team's; either may be missing. */
export type Config = readonly ConfigFile[]

/** What a name of the config files stands for. */
export interface ConfiguredTarget {
  readonly name: string
  /** Identifier, or host name with or without port; the user's own word for it, else the team's. Without it: the name. */
  readonly place?: Given | undefined
  /** Whether the team's file has said so. */
  readonly isTeams: boolean
  readonly origins: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

/** Guard rails that are up, and who has put them there. */
export type Rails = Values

/** What the config files say of one target, or of none in particular. */
export interface Layer {
  readonly values: Values
  /** Where `values` has no bastion: the first that fits counts. */
  readonly bastions: readonly BastionEntry[]
  readonly rails: Rails
}

/** Capitals make no other name, as with RDS. */
export function findTarget(config: Config, word: string): ConfiguredTarget | undefined {
  const found = sections(config, word)
  const [first] = found
  if (!first) return undefined
  const placed = found.find(({target}) => target.place !== undefined)
  return {
    name: first.target.name,
    place: placed?.target.place,
    isTeams: placed?.owner === 'team',
    origins: found.map(({target}) => target.origin),
    tags: Object.assign({}, ...found.map(({target}) => target.tags).reverse()) as Record<string, string>,
  }
}

/** In the order of their names. */
export function allConfigured(config: Config): readonly ConfiguredTarget[] {
  const names = new Set(config.flatMap(({targets}) => [...targets.keys()]))
  return [...names].sort().flatMap((name) => findTarget(config, name) ?? [])
}

/**
 * The target over the defaults, and of each the user's own file over the team's. Guard rails add up: those of `alike`, other
 * names of the same database, too; the user's and the team's; and of two times the shorter one counts.
 */
export function layerOf(config: Config, word: string | undefined, alike: readonly string[] = []): Layer {
  const own = word === undefined ? [] : sections(config, word)
  const values = [...own.map(({target}) => target.values), ...config.map(({defaults}) => defaults)].reverse()
  const {bastion, ...others} = Object.assign({}, ...values) as Values
  const named = own.find(({target}) => target.values.bastion)?.target.values.bastion
  return {
    values: {...others, ...(named && {bastion: named})},
    bastions: [...config.flatMap(({bastions}) => bastions), ...(bastion && !named ? [{bastion}] : [])],
    rails: config.flatMap((file) => [word, ...alike].map((name) => railsOf(file, name))).reduce(stricter, {}),
  }
}

function sections(config: Config, word: string) {
  return config.flatMap(({owner, targets}) => {
    const target = targets.get(word.toLowerCase())
    return target ? [{owner, target}] : []
  })
}

const RAILS = SETTINGS.filter(({stricter}) => stricter !== undefined)

function railsOf({defaults, targets}: ConfigFile, word: string | undefined): Rails {
  const values = {...defaults, ...(word === undefined ? undefined : targets.get(word.toLowerCase())?.values)}
  const given: Values = {...(values.production && {readOnly: values.production}), ...values}
  const up = RAILS.filter(({key, stricter}) => given[key] && (stricter === 'shorter' || given[key].text === 'true'))
  return Object.fromEntries(up.map(({key}) => [key, given[key]]))
}

function stricter(one: Rails, other: Rails): Rails {
  const longer = RAILS.filter((rail) => rail.stricter === 'shorter' && timeOf(rail, one) > timeOf(rail, other))
  return {...other, ...one, ...Object.fromEntries(longer.map(({key}) => [key, other[key]]))}
}

function timeOf({key, value}: (typeof RAILS)[number], {[key]: given}: Rails): number {
  return given ? (value.read(given, '/') as number) : Infinity
}
