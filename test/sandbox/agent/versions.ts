/** Numbers and dots in four parts, as agents and clients report themselves. */
export function isFourPartVersion(text: unknown): text is string {
  return typeof text === 'string' && /^\d+(\.\d+){3}$/.test(text)
}

/** Whether `version` is later than `other`; parts that are missing count as 0. */
export function isLater(version: string, other: string): boolean {
  const [mine, theirs] = [version.split('.').map(Number), other.split('.').map(Number)]
  for (let part = 0; part < Math.max(mine.length, theirs.length); part++) {
    const difference = (mine[part] ?? 0) - (theirs[part] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

export interface Features {
  readonly mux: boolean
  /** The multiplexer's own; newer agents and clients have it off. */
  readonly keepalive: boolean
  readonly terminateFlag: boolean
}

/** Which of the agent's features a session has: both sides have a say. */
export function featuresOf(agent: string, client: string): Features {
  return {
    mux: isLater(agent, '3.0.196.0') && !isLater('1.1.70', client),
    keepalive: !isLater(agent, '3.1.1511.0') || !isLater(client, '1.2.331.0'),
    terminateFlag: isLater(agent, '2.3.722.0'),
  }
}
