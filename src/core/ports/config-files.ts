/** A config file that was found, and may be believed as far as its owner goes. */
export interface ConfigText {
  /** Found above the working directory, and most likely somebody else's work; or the user's own. */
  readonly owner: 'team' | 'user'
  /** The flag or variable by which the user has named it; undefined for one that was found. */
  readonly namedBy?: string | undefined
  /** Absolute. */
  readonly path: string
  readonly text: string
}

/**
 * Reads the config files that there are, the user's own first. Rejects with CONFIG_UNSAFE for one that others may write,
 * or CONFIG_INVALID for one that cannot be read.
 */
export type ConfigFiles = () => Promise<readonly ConfigText[]>
