import type {AnySetting} from './all-settings.js'
import type {ValueKind} from './value-kinds.js'

type PropertyOf<S extends AnySetting> = S extends {readonly property: infer P extends string} ? P : S['key']
type ValueOf<S extends AnySetting> = S['value'] extends ValueKind<infer T> ? T : never
type AlwaysThere = Extract<AnySetting, {readonly default: string} | {readonly absent: unknown}>

type DefinedSettings = {readonly [S in AlwaysThere as PropertyOf<S>]: ValueOf<S>} & {
  readonly [S in Exclude<AnySetting, AlwaysThere> as PropertyOf<S>]?: ValueOf<S> | undefined
}

/** What a run was asked to do, checked, not yet resolved: the value of each setting, by its key or `property`. */
export interface Settings extends DefinedSettings {
  /** The local port that the config file has for what is kept open: others can be beside it. */
  readonly openPort?: number | undefined
  /** Names of the config files, for someone who mistypes one. */
  readonly configured?: readonly string[] | undefined
  /** Names of its groups, in lower case, for someone who takes one for a target. */
  readonly groups?: readonly string[] | undefined
}
