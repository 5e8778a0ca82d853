/** A managed node that can carry the session. */
export interface Bastion {
  /** `i-…` or `mi-…` */
  readonly id: string
  readonly name?: string | undefined
  readonly zone?: string | undefined
  readonly agentVersion?: string | undefined
}
