/** Why a session is over. `api` is TerminateSession, `flag` the client's TerminateSession flag. */
export type EndCause = 'api' | 'flag' | 'handshake' | 'unreachable' | 'silence' | 'violation' | 'hub-closed'

export interface SessionEnd {
  readonly sessionId: string
  readonly cause: EndCause
  /** channel_closed's Output, or what the client did wrong; empty when there is nothing to say. */
  readonly detail: string
}

/** What a session counts as it goes. */
export interface Counters {
  /** Data channels opened with a good token: 1, and one more for each resume. */
  opens: number
  /** Opened with a wrong, used or dead token. */
  refusedOpens: number
  /** Connections to the database, now and ever. */
  connections: number
  dialled: number
  refusedDials: number
  /** Bytes of the database's protocol, both ways. */
  bytesToDatabase: number
  bytesFromDatabase: number
  /** Keepalive frames from the client. */
  nops: number
  /** WebSocket pings from the client. */
  pings: number
  /** Messages that the agent sent again. */
  resends: number
  /** Stream messages of the client that had been taken already. */
  duplicates: number
  /** Bytes in the client's largest data payload. */
  largestPayload: number
}

export interface SessionFacts extends Readonly<Counters> {
  readonly sessionId: string
  /** `granted` until the first client opens the channel. */
  readonly phase: 'granted' | 'handshake' | 'ready' | 'ended'
  readonly connected: boolean
  /** Whether the latest upgrade was signed; undefined before the first one. */
  readonly signed: boolean | undefined
  readonly mode: 'mux' | 'basic' | undefined
  readonly clientVersion: string | undefined
  /** Messages of the agent that the client has not acknowledged. */
  readonly unacknowledged: number
  readonly end: SessionEnd | undefined
  /** What the client did against the protocol; it ended the session. */
  readonly violation: string | undefined
}

export function newCounters(): Counters {
  return {
    opens: 0,
    refusedOpens: 0,
    connections: 0,
    dialled: 0,
    refusedDials: 0,
    bytesToDatabase: 0,
    bytesFromDatabase: 0,
    nops: 0,
    pings: 0,
    resends: 0,
    duplicates: 0,
    largestPayload: 0,
  }
}
