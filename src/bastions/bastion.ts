/** A managed node that can carry the session. */
export interface Bastion {
  /** What Session Manager calls it: the target of StartSession, such as `i-…`. */
  readonly id: string
  readonly name?: string | undefined
  readonly zone?: string | undefined
  readonly agentVersion?: string | undefined
}
