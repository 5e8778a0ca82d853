import type {SettingKey} from '../all-settings.js'
import type {Given} from '../values.js'

/** Checked values of one section; `origin` is file and line. */
export type Values = Readonly<Partial<Record<SettingKey, Given>>>

export interface FileTarget {
  readonly name: string
  /** Of the name itself. */
  readonly origin: string
  /** What it stands for: an RDS identifier, or a host name with or without port. Without it: its own name. */
  readonly place?: Given | undefined
  readonly values: Values
  readonly tags: Readonly<Record<string, string>>
}

/** A bastion for those whom it fits. */
export interface BastionEntry {
  /** Of AWS, as the profile names it. */
  readonly account?: string | undefined
  readonly profile?: string | undefined
  readonly region?: string | undefined
  readonly bastion: Given
}

/** One config file, checked. */
export interface ConfigFile {
  readonly owner: 'team' | 'user'
  /** The flag or variable by which the user has named it; undefined for one that was found. */
  readonly namedBy?: string | undefined
  readonly path: string
  readonly defaults: Values
  /** By name in lower case. */
  readonly targets: ReadonlyMap<string, FileTarget>
  readonly groups: ReadonlyMap<string, readonly string[]>
  readonly bastions: readonly BastionEntry[]
}
