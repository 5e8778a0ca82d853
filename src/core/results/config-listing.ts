/** What the config files hold, as `dbtunnel config --json` prints it: its names are stable. */
export interface ConfigListing {
  readonly files: readonly ConfigFileListing[]
  readonly targets: readonly ConfiguredListing[]
  readonly groups: readonly {readonly name: string; readonly members: readonly string[]}[]
}

interface ConfigFileListing {
  readonly owner: 'team' | 'user'
  readonly path: string
  /** The flag or variable that names it; null for a file that was found. */
  readonly namedBy: string | null
}

/** Where the team's file leads a name, as `dbtunnel approve TARGET --json` prints it. */
export interface LeadListing {
  /** As it is typed, in lower case. */
  readonly target: string
  /** The database that it would be without the file, and the one that it is with it. */
  readonly without: string
  readonly to: string
  /** FILE:LINE */
  readonly from: string
  readonly approved: boolean
}

export interface ConfiguredListing {
  readonly target: string
  /** The RDS identifier or endpoint that it stands for. */
  readonly standsFor: string
  readonly production: boolean
  readonly readOnly: boolean
  readonly requireReason: boolean
  readonly tags: Readonly<Record<string, string>>
  /** FILE:LINE of each file that has it. */
  readonly from: readonly string[]
}

/** What one target resolves to, as `dbtunnel config TARGET --json` prints it. */
export interface TargetListing {
  readonly files: readonly ConfigFileListing[]
  readonly target: string
  /** Whether a config file names it. */
  readonly configured: boolean
  /** Where the team's file leads the name to another database than it would be without it; else null. */
  readonly lead: LeadListing | null
  readonly settings: readonly SettingListing[]
}

export interface SettingListing {
  readonly setting: string
  /** Null where it is found out later, or none. */
  readonly value: string | null
  /** A flag, a variable, FILE:LINE, or `default`. */
  readonly from: string
}
