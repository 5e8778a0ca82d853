/** A kind of database, as far as resolving needs it. */
interface Engine {
  readonly id: string
  readonly defaultPort: number
  readonly defaultDatabase: string
}

/** What else counts: settings have it all but `engineOf`. */
export interface ResolveInput {
  readonly region: string
  /** For the commands in hints: they must not end up in another account. */
  readonly profile?: string | undefined
  readonly user?: string | undefined
  /** Of the bastion only its kind counts here: whether one node is named. */
  readonly bastion: {readonly kind: string}
  /** Names of the config files, for whoever mistypes one. */
  readonly configured?: readonly string[] | undefined
  /** Names of its groups, in lower case, for whoever takes one for a target. */
  readonly groups?: readonly string[] | undefined
  engineOf(rdsEngine: string): Engine | undefined
}
