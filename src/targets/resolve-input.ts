/** What else counts. */
export interface ResolveInput {
  readonly region: string
  /** For the commands in hints: they must not end up in another account. */
  readonly profile?: string | undefined
  readonly user?: string | undefined
  /** Whether the bastion is one node that was named. */
  readonly isBastionNamed: boolean
  /** Names of the config files, to suggest one that was mistyped. */
  readonly configured?: readonly string[] | undefined
  /** Names of its groups, in lower case, to recognise one that was typed as a target. */
  readonly groups?: readonly string[] | undefined
}
