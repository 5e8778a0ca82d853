/**
 * Where the far side can fall silent: the service does not answer the upgrade; the agent sends no HandshakeRequest (a full
 * disk, no way to ssmmessages); its connection to the database never comes about (dropped packets, until the system's own
 * limit of two minutes); it reads nothing behind the handshake.
 */
export type SilentStep = 'websocket' | 'handshake' | 'dial' | 'data'

/** How the agent's side plays its part. All of it can be changed while sessions run. */
export interface Behaviour {
  /** A malformed client message ends its session at once, and is told in the session's facts. */
  readonly strict: boolean
  /** The agent's rest after each data message, in milliseconds. The real one takes 1 (0.9 MiB/s); 0 is full speed. */
  readonly paceMs: number
  /** From HandshakeComplete until the agent can take data; what comes earlier is not acknowledged. */
  readonly setupMs: number
  /** Sends a keepalive frame in that gap, as one message. */
  readonly earlyData: boolean
  /** Message types padded with NULs in place of spaces. */
  readonly nulPadding: boolean
  /** Asks for KMSEncryption in its handshake, and ends the session when the client cannot do it. */
  readonly encrypts: boolean
  /** Says nothing from this step on, and closes nothing. */
  readonly silentFrom: SilentStep | undefined
  /** Swallows everything both ways without closing anything. */
  readonly held: boolean
  /** One way, for each message, both ways. */
  readonly delayMs: number
  /** Chances from 0 to 1 for each message, both ways, acknowledgements included. */
  readonly drop: number
  readonly duplicate: number
  /** A message changes places with the one behind it. */
  readonly reorder: number
  /** For these chances. Setting it starts the row of random numbers again. */
  readonly seed: number
}

/** The real agent at full speed over a faultless line. */
export const FAULTLESS: Behaviour = {
  strict: true,
  paceMs: 0,
  setupMs: 0,
  earlyData: false,
  nulPadding: false,
  encrypts: false,
  silentFrom: undefined,
  held: false,
  delayMs: 0,
  drop: 0,
  duplicate: 0,
  reorder: 0,
  seed: 1,
}

/** The protocol's own times, in milliseconds; shorter ones make tests fast. */
export interface Timing {
  /** From HandshakeRequest to HandshakeResponse. */
  readonly handshakeMs: number
  /** Between two looks at the oldest unacknowledged message. */
  readonly resendMs: number
  /** Between two keepalive frames. */
  readonly keepaliveMs: number
  /** Without any frame for this long, the multiplexer closes. */
  readonly silenceMs: number
}

export const REAL_TIMING: Timing = {handshakeMs: 15_000, resendMs: 100, keepaliveMs: 10_000, silenceMs: 30_000}

/** A row of random numbers from 0 to 1 that a seed repeats (mulberry32). */
export function randomRow(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), 1 | state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
}
