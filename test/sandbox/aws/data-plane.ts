/** What StartSession hands to the far end of the data channel. */
export interface PortGrant {
  readonly sessionId: string
  readonly token: string
  readonly target: string
  readonly agentVersion: string
  readonly host: string
  readonly port: number
  readonly localPort: number
}

/** The far end of the data channel, as the control plane steers it. */
export interface DataPlane {
  open(grant: PortGrant): {readonly streamUrl: string}
  /** False when the session is over. */
  renew(sessionId: string, token: string): boolean
  terminate(sessionId: string): void
}
