/** What Systems Manager takes. */
const LONGEST = 256
const HEX = 12

/** How long the reason may be that a user gives: the mark follows it, after a space. */
export const LONGEST_REASON = LONGEST - ' dbtunnel:'.length - HEX

/**
 * Ends the reason of a session, and of no other: a run that knows it can find the session, even if the answer of
 * StartSession, with its id, came to nobody.
 */
export function newSessionMark(): string {
  // Node's own module would be loaded by every start, and takes a tenth of it.
  return `dbtunnel:${Buffer.from(crypto.getRandomValues(new Uint8Array(HEX / 2))).toString('hex')}`
}

export const SESSION_MARK = /^dbtunnel:[0-9a-f]{12}$/

export function markedReason(reason: string | undefined, mark: string): string {
  return reason === undefined ? mark : `${reason} ${mark}`
}
