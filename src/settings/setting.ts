import type {ValueKind} from './value-kinds.js'

/** The commands that take flags of settings; `client` stands for those of all clients, such as `psql`. */
export type SettingCommand = 'client' | 'exec' | 'open' | 'token' | 'list' | 'doctor' | 'config' | 'approve'

/** Headings in help texts and in docs/reference/settings.md, in their order. */
export const GROUPS = ['DATABASE', 'TUNNEL', 'GUARD RAIL', 'AWS', 'CONFIG FILE', 'OUTPUT', 'ENVIRONMENT'] as const

/** Those that open a tunnel. */
export const TUNNEL_COMMANDS = [
  'client',
  'exec',
  'open',
  'doctor',
  'config',
] as const satisfies readonly SettingCommand[]
/** Those that let someone log in, or show with what. */
export const LOGIN_COMMANDS = ['client', 'exec', 'open', 'config'] as const satisfies readonly SettingCommand[]

/**
 * One setting. All that is known of it is made from this: its flag and variable, its key in config files and their JSON
 * Schema, who wins, `dbtunnel config`, completion and docs/reference/settings.md.
 */
export interface Setting {
  /** Its name in config files, in `dbtunnel config`, and in `Settings`, */
  readonly key: string
  /** where it may have another one. */
  readonly property?: string
  readonly value: ValueKind
  readonly group: (typeof GROUPS)[number]
  /** One or more sentences: what it does, and what counts without it. */
  readonly help: string
  /** What to say in their place where it stands in a config file. */
  readonly helpInFile?: string
  /** Without the dashes. The flag of a switch turns it on. */
  readonly flag?: string
  readonly char?: 'U' | 'd'
  /** A flag that turns a switch off. */
  readonly offFlag?: {readonly name: string; readonly help: string}
  /** Which commands take its flags. */
  readonly commands?: readonly SettingCommand[]
  /** Its variable. Without it: made of the flag, but for switches, which then have none. */
  readonly variable?: string
  /** Variables of other programs that count after the config files. */
  readonly elsewhere?: readonly string[]
  /** Whose config file may set it: `team` stands for both, the team's and the user's own. Without it: neither. */
  readonly owner?: 'team' | 'user'
  /** It is a guard rail. Of several files the one counts that is stricter: that turns it on, or has the shorter time. */
  readonly stricter?: 'on' | 'shorter'
  /** What counts where nothing is given, as it would be written, */
  readonly default?: string
  /** or as a value that cannot be written. */
  readonly absent?: unknown
  /** What counts without a default, in a few words. */
  readonly unset?: string
}

/** Declares a setting: in a file of definitions/. */
export function setting<const S extends Setting>(definition: S): S {
  return definition
}

/** The variable of a setting, if it has one: `DBTUNNEL_CA_BUNDLE`. */
export function variableOf({variable, flag, value}: Setting): string | undefined {
  if (variable !== undefined || flag === undefined || value.form === 'switch') return variable
  return variableName(flag)
}

/** `ca-bundle` → `DBTUNNEL_CA_BUNDLE` */
export function variableName(flag: string): string {
  return `DBTUNNEL_${flag.replaceAll('-', '_').toUpperCase()}`
}
