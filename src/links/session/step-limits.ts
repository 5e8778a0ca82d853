/**
 * How long each step of a session may take, in milliseconds, before the next bastion or the other carrier is tried. From
 * the database's own connection on there is no limit but that of the whole: a database that wakes from a pause takes its time.
 */
export interface StepLimits {
  /** From StartSession to AWS's answer. */
  readonly grantMs: number
  /** From there until the data channel's WebSocket is open. */
  readonly webSocketMs: number
  /** From there until the SSM agent is ready. The plugin does not tell these two apart: this long for both. */
  readonly handshakeMs: number
  /** From the first question until the agent's connection to the database is seen to be there. */
  readonly dialMs: number
  /** So long a database that has not answered yet is waited for without a word. */
  readonly quietMs: number
}

/** Each takes a second or two at most on a slow line. */
export const STEP_LIMITS: StepLimits = {
  grantMs: 8000,
  webSocketMs: 8000,
  handshakeMs: 8000,
  dialMs: 8000,
  quietMs: 5000,
}

/** Each of them no longer than this; for what has another way behind it, or little time left. */
export function atMost(limits: StepLimits, ms: number): StepLimits {
  const cut = Object.entries(limits).map(([step, limit]: [string, number]) => [step, Math.min(limit, ms)] as const)
  return Object.fromEntries(cut) as unknown as StepLimits
}
