/** The user's own record of what was opened, and why: lines that are added, and never changed. */
export interface AuditPort {
  /** Who runs this, as the machine knows them, and on which. */
  readonly osUser: string
  readonly machine: string
  /** Adds a line, in one go. Rejects with an Error whose message says what is in the way. */
  append(line: string): Promise<void>
}
