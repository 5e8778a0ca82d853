import type {Clock} from '../../../core/ports/clock.js'
import type {WebSocketLink} from '../../../core/ports/network.js'
import {decodeMessage, encodeMessage, type Message, PAYLOAD, PAYLOAD_OFFSET, sealMessage} from './protocol/message.js'
import type {Pace} from './flow-control/pace.js'
import {acknowledgement, readAcknowledgement, readChannelClosed} from './protocol/payloads.js'
import {ReceiveSequence} from './flow-control/receive-sequence.js'
import {rest} from './sleep-unless.js'
import {SendWindow} from './flow-control/send-window.js'

/** The real plugin sends no more in one message, and nothing larger is known to pass the service. */
const MOST_PAYLOAD = 1024
const RESEND_LOOK_MS = 100
/** With as much unsent, the line is too slow for second copies. */
const MOST_UNSENT = 256 * 1024

/** Where stream data comes from. It is asked only when a message may be sent. */
export interface PayloadSource {
  /** Whether there is anything to send. */
  readonly ready: boolean
  /** Writes what to send next at the start of `payload`; returns how many bytes, 0 when there is nothing after all. */
  fill(payload: Buffer): number
}

export interface ChannelEvents {
  /** A payload from the agent: in order, each once. */
  received(type: number, payload: Buffer): void
  /** The service has closed the channel for good; `output` says why, in its words. */
  closed(output: string): void
}

/**
 * Payloads in order and once, both ways, over whichever WebSocket is attached:
 * acknowledges and orders what comes in, and keeps what goes out until the
 * agent has it. Knows nothing of streams.
 */
export class Channel {
  readonly #clock: Clock
  readonly #pace: Pace
  readonly #signal: AbortSignal
  readonly #events: ChannelEvents
  readonly #window = new SendWindow()
  readonly #incoming: ReceiveSequence<Message>
  #source: PayloadSource | undefined
  #link: WebSocketLink | undefined
  #sequence = 0
  /** When the agent was last heard, on this WebSocket. */
  #heardAt = 0
  #looking = false
  #resting = false

  /** `signal` ends its timers. */
  constructor(parts: {clock: Clock; pace: Pace; signal: AbortSignal; events: ChannelEvents}) {
    this.#clock = parts.clock
    this.#pace = parts.pace
    this.#signal = parts.signal
    this.#events = parts.events
    this.#incoming = new ReceiveSequence(
      (message) => parts.events.received(message.payloadType, message.payload),
      (message) => message.payload.length,
      (message) => message.copy(),
    )
  }

  /** From here on the agent takes stream data. */
  carry(source: PayloadSource): void {
    this.#source = source
    this.pump()
  }

  /** Goes on over another WebSocket: everything unacknowledged is sent once more. */
  attach(link: WebSocketLink): void {
    this.#link = link
    this.#heardAt = this.#clock.now()
    this.#window.expireAll()
    this.pump()
  }

  detach(): void {
    this.#link = undefined
  }

  /** Sends one control payload now, ahead of what waits. */
  send(payloadType: number, payload: Buffer | string): number {
    const head = {type: 'input_stream_data', sequence: this.#sequence, payloadType, created: this.#clock.now()} as const
    this.#first(encodeMessage(head, payload))
    return head.sequence
  }

  isAcknowledged(sequence: number): boolean {
    return !this.#window.has(sequence)
  }

  /** For how long the agent has left unacknowledged what it was sent, and said nothing else; 0 when it has all. */
  get unheardMs(): number {
    const {oldestAt} = this.#window
    if (!this.#link || oldestAt === undefined) return 0
    return this.#clock.now() - Math.max(this.#heardAt, oldestAt)
  }

  /** Takes in one binary frame. */
  receive(frame: Buffer): void {
    const message = decodeMessage(frame)
    if (message) this.#heardAt = this.#clock.now()
    switch (message?.type) {
      case undefined:
        return
      case 'output_stream_data':
        if (this.#incoming.accept(message.sequence, message)) this.#acknowledge(message)
        return
      case 'acknowledge':
        return this.#settle(readAcknowledgement(message.payload))
      case 'channel_closed':
        return this.#events.closed(readChannelClosed(message.payload))
      default:
      // start_publication and pause_publication are not for us (real plugin 1.2.677).
    }
  }

  /** Sends as much as window and pace allow; to be called whenever the source has something new. */
  pump(): void {
    while (this.#link && !this.#resting) {
      const now = this.#clock.now()
      const source = this.#window.hasRoom && this.#source?.ready ? this.#source : undefined
      if (!this.#window.hasLate && !source) return
      const wait = this.#pace.wait(now)
      if (wait > 0) return void this.#rest(wait)
      const late = this.#window.takeLate(now)
      if (late) this.#again(late)
      else if (!source || !this.#sendNew(source, now)) return
    }
  }

  #again(frame: Buffer): void {
    this.#pace.spend(frame.length - PAYLOAD_OFFSET)
    this.#link?.send(frame)
  }

  #sendNew(source: PayloadSource, now: number): boolean {
    const frame = Buffer.allocUnsafe(PAYLOAD_OFFSET + MOST_PAYLOAD)
    const length = source.fill(frame.subarray(PAYLOAD_OFFSET))
    if (length === 0) return false
    this.#pace.spend(length)
    const head = {type: 'input_stream_data', sequence: this.#sequence, payloadType: PAYLOAD.data, created: now} as const
    this.#first(sealMessage(frame.subarray(0, PAYLOAD_OFFSET + length), head))
    return true
  }

  #first(frame: Buffer): void {
    this.#window.add(this.#sequence++, frame, this.#clock.now())
    this.#link?.send(frame)
    if (!this.#looking) void this.#lookForLate()
  }

  #settle(sequence: number | undefined): void {
    if (sequence === undefined) return
    this.#window.acknowledge(sequence, this.#clock.now())
    this.pump()
  }

  #acknowledge(message: Message): void {
    const head = {type: 'acknowledge', sequence: 0, payloadType: PAYLOAD.none, created: this.#clock.now()} as const
    this.#link?.send(encodeMessage(head, acknowledgement(message)))
  }

  /** Runs while something is unacknowledged. */
  async #lookForLate(): Promise<void> {
    this.#looking = true
    while (!this.#window.isEmpty && (await rest(this.#clock, RESEND_LOOK_MS, this.#signal))) {
      if (!this.#link) continue
      if (this.#link.bufferedBytes > MOST_UNSENT) continue
      this.#window.expire(this.#clock.now())
      this.pump()
    }
    this.#looking = false
  }

  async #rest(ms: number): Promise<void> {
    this.#resting = true
    const over = !(await rest(this.#clock, ms, this.#signal))
    this.#resting = false
    if (!over) this.pump()
  }
}
