/** That a team's file leads a name to another database, and a person wants it so. */
export interface Approval {
  /** Absolute path of the file. */
  readonly file: string
  /** The name that is typed, in lower case. */
  readonly target: string
  /** All that the file says of which database that is: something else has to be approved anew. */
  readonly says: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** What this user has approved. */
export interface ApprovalPort {
  /** Never rejects: what cannot be read is not approved. */
  has(approval: Approval): Promise<boolean>
  /** Rejects with an Error whose message says what is in the way. */
  keep(approval: Approval): Promise<void>
}
