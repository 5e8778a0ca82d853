import {compareVersions} from '../../../../core/versions.js'

/** What an agent of this version can do (from the sources of plugin and agent). */
export interface AgentFeatures {
  /** Carries many connections at once. */
  readonly multiplexed: boolean
  /** Gives up after 30 s without a frame from us. */
  readonly needsKeepalive: boolean
}

export function featuresOf(agentVersion: string): AgentFeatures {
  return {
    multiplexed: compareVersions(agentVersion, '3.0.196.0') > 0,
    needsKeepalive: compareVersions(agentVersion, '3.1.1511.0') <= 0,
  }
}
