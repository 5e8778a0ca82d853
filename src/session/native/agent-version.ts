/** What an agent of this version can do (datachannel facts, from plugin and agent sources). */
export interface AgentFeatures {
  /** Carries many connections at once. */
  readonly multiplexed: boolean
  /** Gives up after 30 s without a frame from us. */
  readonly needsKeepalive: boolean
}

export function featuresOf(agentVersion: string): AgentFeatures {
  return {
    multiplexed: isNewer(agentVersion, '3.0.196.0'),
    needsKeepalive: !isNewer(agentVersion, '3.1.1511.0'),
  }
}

/** Compares four-part versions; what is no number counts as 0. */
function isNewer(version: string, than: string): boolean {
  const left = partsOf(version)
  const right = partsOf(than)
  const at = left.findIndex((part, index) => part !== right[index])
  return at >= 0 && left[at]! > right[at]!
}

function partsOf(version: string): number[] {
  const parts = version.split('.')
  return [0, 1, 2, 3].map((index) => Number.parseInt(parts[index] ?? '0', 10) || 0)
}
