import {RoundTrip} from './round-trip.js'
import {WindowSize} from './window-size.js'

/** The longest that a message waits for its next copy. */
const MOST_PATIENCE_MS = 5000
/** When nothing at all is acknowledged the other side is busy or gone: only this many are asked about. */
const PROBES = 4

interface Sent {
  readonly frame: Buffer
  /** For the first time. */
  readonly since: number
  sentAt: number
  copies: number
  late: boolean
}

/** The messages that the agent has not acknowledged yet, and which of them to send again. */
export class SendWindow {
  /** In order of their sequence numbers. */
  readonly #sent = new Map<number, Sent>()
  #late: number[] = []
  /** When the latest of the acknowledged messages was sent. */
  #provenAt = 0
  readonly #roundTrip = new RoundTrip()
  readonly #size = new WindowSize()

  get isEmpty(): boolean {
    return this.#sent.size === 0
  }

  /** When the oldest of them was first sent. */
  get oldestAt(): number | undefined {
    const [oldest] = this.#sent.values()
    return oldest?.since
  }

  get hasRoom(): boolean {
    return this.#sent.size < this.#size.limit
  }

  has(sequence: number): boolean {
    return this.#sent.has(sequence)
  }

  /** Keeps a message that is being sent for the first time. Sequence numbers only go up. */
  add(sequence: number, frame: Buffer, now: number): void {
    this.#sent.set(sequence, {frame, since: now, sentAt: now, copies: 1, late: false})
  }

  acknowledge(sequence: number, now: number): void {
    const sent = this.#sent.get(sequence)
    if (!sent) return
    this.#provenAt = Math.max(this.#provenAt, sent.sentAt)
    // Of a message sent twice nobody knows which copy was acknowledged.
    if (sent.copies === 1) {
      const ms = Math.max(now - sent.sentAt, 0)
      this.#roundTrip.sample(ms)
      this.#size.sample(ms, this.#sent.size, now)
    }
    this.#sent.delete(sequence)
  }

  /** Looks for messages that are overdue; `takeLate` then gives them out. */
  expire(now: number): void {
    const timeout = this.#roundTrip.timeoutMs
    let probes = PROBES
    for (const [sequence, sent] of this.#sent) {
      const patience = Math.min(timeout * 2 ** (sent.copies - 1), MOST_PATIENCE_MS)
      if (sent.late || now - sent.sentAt < patience) continue
      if (sent.sentAt < this.#provenAt || probes-- > 0) this.#expire(sequence, sent)
    }
  }

  /** The WebSocket is another one: whatever is unacknowledged may have gone down with the old one. */
  expireAll(): void {
    this.#late = []
    for (const [sequence, sent] of this.#sent) {
      sent.copies = 1
      this.#expire(sequence, sent)
    }
  }

  get hasLate(): boolean {
    return this.#late.length > 0
  }

  /** The next message to send once more, oldest first; it counts as sent now. */
  takeLate(now: number): Buffer | undefined {
    for (let sequence; (sequence = this.#late.shift()) !== undefined;) {
      const sent = this.#sent.get(sequence)
      if (!sent) continue
      sent.late = false
      sent.sentAt = now
      sent.copies++
      return sent.frame
    }
    return undefined
  }

  #expire(sequence: number, sent: Sent): void {
    sent.late = true
    this.#late.push(sequence)
  }
}
