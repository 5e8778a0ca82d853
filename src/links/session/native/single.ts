import {fail} from '../../../core/errors.js'
import type {Clock} from '../../../core/ports/clock.js'
import type {LocalSocket} from '../../../core/ports/network.js'
import type {OverflowPort} from '../../../core/ports/overflow.js'
import {ByteQueue} from './flow-control/byte-queue.js'
import type {Channel} from './channel.js'
import type {Forwarder} from './forwarder.js'
import type {InboundFlow} from './flow-control/inbound-flow.js'
import {LocalConnection} from './local-connection.js'
import {PAYLOAD} from './protocol/message.js'
import {FLAG, flag} from './protocol/payloads.js'
import {rest} from './sleep-unless.js'

const ACKNOWLEDGED_LOOK_MS = 20
/** After an agent has hung up, what it had already read of the old connection may still come. */
const SETTLE_MS = 100
/** A database that speaks first is kept for the first program, up to this many bytes. */
const MOST_GREETING = 64 * 1024

/**
 * The raw bytes of one connection at a time, for agents before the multiplexer.
 * A second connection beside the first is reset at once: libpq then says that
 * the cancel request could not be sent, where waiting would hang psql for good.
 */
export class Basic implements Forwarder {
  readonly #clock: Clock
  readonly #overflow: OverflowPort
  readonly #signal: AbortSignal
  readonly #flow: InboundFlow
  readonly #channel: Channel
  readonly #greeting = new ByteQueue()
  #local: LocalConnection | undefined
  /** The connection before it, with bytes still to send. */
  #leaving: LocalConnection | undefined
  /** Whether bytes from the agent can be for the connection of now. */
  #connected = true
  #settling = false

  constructor(parts: {clock: Clock; overflow: OverflowPort; signal: AbortSignal; flow: InboundFlow; channel: Channel}) {
    this.#clock = parts.clock
    this.#overflow = parts.overflow
    this.#signal = parts.signal
    this.#flow = parts.flow
    this.#channel = parts.channel
  }

  get ready(): boolean {
    return !this.#settling && (this.#leaving !== undefined || (this.#local?.pending ?? 0) > 0)
  }

  connect(socket: LocalSocket): void {
    if (this.#local) return void socket.resetAndDestroy()
    const local: LocalConnection = new LocalConnection(
      socket,
      {clock: this.#clock, overflow: this.#overflow},
      {
        readable: () => (local.ended ? this.#leave(local) : this.#channel.pump()),
        level: () => {
          if (this.#flow.concerns(local)) this.#flow.review()
        },
        gone: () => {
          if (local.closed) this.#flow.readers.delete(local)
          this.#leave(local)
        },
      },
    )
    this.#local = local
    this.#flow.readers.add(local)
    for (let bytes; (bytes = this.#greeting.shift());) local.write(bytes)
  }

  fill(payload: Buffer): number {
    if (this.#leaving) {
      const length = this.#leaving.read(payload)
      if (length === 0) void this.#hangUp()
      return length
    }
    const length = this.#local?.read(payload) ?? 0
    if (length > 0) this.#connected = true
    return length
  }

  receive(bytes: Buffer): void {
    if (!this.#connected) return
    if (this.#local) return this.#local.write(bytes)
    this.#greeting.push(bytes)
    if (this.#greeting.length > MOST_GREETING)
      throw fail('PROTOCOL', 'The database sent unexpected data before the login.')
  }

  /** Agents of this kind close the whole channel when they cannot connect. */
  refused(): void {}

  #leave(local: LocalConnection): void {
    if (this.#local !== local) return
    this.#local = undefined
    this.#leaving = local
    this.#connected = false
    local.finish()
    this.#channel.pump()
  }

  /** Tells the agent to close its connection and lets no byte of the next one overtake that. */
  async #hangUp(): Promise<void> {
    this.#leaving = undefined
    this.#settling = true
    const told = this.#channel.send(PAYLOAD.flag, flag(FLAG.disconnectToPort))
    while (!this.#channel.isAcknowledged(told)) {
      if (!(await rest(this.#clock, ACKNOWLEDGED_LOOK_MS, this.#signal))) return
    }
    if (!(await rest(this.#clock, SETTLE_MS, this.#signal))) return
    this.#settling = false
    this.#channel.pump()
  }
}
