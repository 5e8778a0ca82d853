/** The sandbox's own time: the machine's, moved forward on demand. Token and key expiry go by it. */
export interface SandboxClock {
  /** Milliseconds since 1970. */
  now(): number
  advance(ms: number): void
}

export function createClock(): SandboxClock {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    advance(ms) {
      offset += ms
    },
  }
}
