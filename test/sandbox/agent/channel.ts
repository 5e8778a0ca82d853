import {encodeMessage, type Incoming, messageId, type Outgoing} from './agent-message.js'
import {readAcknowledgement} from './strict.js'

/** Both of the agent's buffers hold as many messages. */
const CAPACITY = 100_000
const RTO_START_MS = 200
const RTO_MAX_MS = 1_000

interface Kept {
  readonly message: Buffer
  sentAt: number
}

export interface ChannelHandlers {
  readonly nulPadding: () => boolean
  /** Puts a message on the wire, if there is one. */
  transmit(message: Buffer): void
  /** False leaves a message unacknowledged, and it will come again. */
  mayDeliver(message: Incoming): boolean
  /** Stream messages in order, each once. */
  deliver(message: Incoming): void
  onDuplicate(): void
  onResend(): void
}

/**
 * Sequence numbers, acknowledgements and retransmission. It
 * outlives WebSockets: after a resume both sides count on.
 */
export class Channel {
  readonly #handlers: ChannelHandlers
  readonly #early = new Map<number, Incoming>()
  readonly #kept = new Map<number, Kept>()
  #expected = 0
  #next = 0
  #roundTripMs = 100
  #variationMs = 0
  #timeoutMs = RTO_START_MS

  constructor(handlers: ChannelHandlers) {
    this.#handlers = handlers
  }

  get unacknowledged(): number {
    return this.#kept.size
  }

  send(payloadType: number, payload: Buffer): void {
    const sequence = this.#next++
    const message = this.#encode('output_stream_data', payload, payloadType, sequence, sequence === 0 ? 1 : 0)
    if (this.#kept.size < CAPACITY) this.#kept.set(sequence, {message, sentAt: performance.now()})
    this.#handlers.transmit(message)
  }

  control(type: 'start_publication' | 'pause_publication', content: object): void {
    this.#handlers.transmit(this.#encode(type, Buffer.from(JSON.stringify(content)), 0, 0, 3))
  }

  /**
   * A stream message of the client, in whatever order it arrives. Acknowledged
   * before it has any effect: an acknowledgement behind HandshakeComplete would
   * meet the real plugin in the moment when it can take nothing, and kill its
   * reader (real plugin 1.2.677).
   */
  receive(message: Incoming): void {
    if (message.sequence < this.#expected) {
      this.#handlers.onDuplicate()
      this.#acknowledge(message)
    } else if (message.sequence > this.#expected) {
      if (this.#early.size >= CAPACITY) return
      this.#early.set(message.sequence, message)
      this.#acknowledge(message)
    } else if (this.#handlers.mayDeliver(message)) {
      this.#expected++
      this.#acknowledge(message)
      this.#handlers.deliver(message)
      this.#deliverEarly()
    }
  }

  /** Forgets a message that the client has taken. Returns what is wrong with the acknowledgement, if anything. */
  acknowledged(payload: Buffer): string | undefined {
    const {sequence, fault} = readAcknowledgement(payload, (number) => this.#kept.get(number)?.message, this.#next)
    const kept = this.#kept.get(sequence)
    if (kept === undefined) return fault
    this.#kept.delete(sequence)
    this.#measure(performance.now() - kept.sentAt)
    return fault
  }

  /** Sends the oldest unacknowledged message again when it is older than the time-out, and no other. */
  resendOldest(): void {
    const [oldest] = this.#kept.values()
    if (oldest !== undefined && performance.now() - oldest.sentAt > this.#timeoutMs) this.#resend(oldest)
  }

  /** After a resume: all that the client may not have seen, in order. */
  resendAll(): void {
    for (const kept of this.#kept.values()) this.#resend(kept)
  }

  close(): void {
    this.#kept.clear()
    this.#early.clear()
  }

  #resend(kept: Kept): void {
    kept.sentAt = performance.now()
    this.#handlers.onResend()
    this.#handlers.transmit(kept.message)
  }

  #deliverEarly(): void {
    for (;;) {
      const message = this.#early.get(this.#expected)
      if (message === undefined || !this.#handlers.mayDeliver(message)) return
      this.#early.delete(this.#expected++)
      this.#handlers.deliver(message)
    }
  }

  #acknowledge(message: Incoming): void {
    const content =
      `{"AcknowledgedMessageType":"${message.type}","AcknowledgedMessageId":"${messageId(message.bytes)}",` +
      `"AcknowledgedMessageSequenceNumber":${message.sequence},"IsSequentialMessage":true}`
    this.#handlers.transmit(this.#encode('acknowledge', Buffer.from(content, 'latin1'), 0, 0, 3))
  }

  #encode(type: Outgoing['type'], payload: Buffer, payloadType: number, sequence: number, flags: number): Buffer {
    return encodeMessage({type, payload, payloadType, sequence, flags, nulPadding: this.#handlers.nulPadding()})
  }

  #measure(sampleMs: number): void {
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#roundTripMs - sampleMs)
    this.#roundTripMs = 0.875 * this.#roundTripMs + 0.125 * sampleMs
    this.#timeoutMs = Math.min(this.#roundTripMs + Math.max(10, 4 * this.#variationMs), RTO_MAX_MS)
  }
}
