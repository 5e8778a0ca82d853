import type {Socket} from 'node:net'
import type {RawData, WebSocket} from 'ws'
import type {Behaviour} from './behaviour.js'
import {Lane} from './lane.js'

/** A client that does not answer a close frame is cut off after this long. */
const FAREWELL_MS = 1_000
/** Bytes that may wait for a slow client, and be under way on a slow line. All connections wait behind them. */
const BACKLOG_LIMIT = 128 * 1024
const DELAYED_LIMIT = 16 * 1024 * 1024

export interface LinkHandlers {
  readonly behaviour: () => Behaviour
  readonly random: () => number
  /** Asked for each binary message, both ways, before any fault; false resets the connection instead. */
  mayCross(): boolean
  onText(text: string): void
  onMessage(message: Buffer): void
  onPing(): void
  /** What waited has gone on. */
  onDrain(): void
  onClose(): void
}

/** One WebSocket of a client, with the line's faults. */
export class Link {
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #handlers: LinkHandlers
  readonly #toClient: Lane
  readonly #toAgent: Lane
  #corked = false
  #finished = false

  constructor(webSocket: WebSocket, socket: Socket, handlers: LinkHandlers) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#handlers = handlers
    const {behaviour, random} = handlers
    this.#toClient = new Lane({
      behaviour,
      random,
      deliver: (message) => this.#write(message),
      onDrain: () => handlers.onDrain(),
    })
    this.#toAgent = new Lane({behaviour, random, deliver: (message) => handlers.onMessage(message)})
    webSocket.on('message', (data, isBinary) => this.#onFrame(data, isBinary))
    webSocket.on('ping', (data) => this.#onPing(data))
    webSocket.on('error', () => {})
    webSocket.on('close', () => this.#onClose())
    socket.on('drain', () => handlers.onDrain())
  }

  /** Whether the line takes more; `onDrain` tells when it does again. */
  get flows(): boolean {
    return this.#isOpen && this.#socket.writableLength < BACKLOG_LIMIT && this.#toClient.bytes < DELAYED_LIMIT
  }

  send(message: Buffer): void {
    if (this.#handlers.mayCross()) this.#toClient.push(message)
    else this.reset()
  }

  /** Stops reading from the client, and goes on. */
  pause(): void {
    this.#toAgent.pause()
    this.#webSocket.pause()
  }

  resume(): void {
    this.#toAgent.resume()
    this.#webSocket.resume()
  }

  /** A last message, if any, then a close frame. Nothing more is heard from the client. */
  finish(code: number, reason: string, last?: Buffer): void {
    if (this.#finished || this.#handlers.behaviour().held) return
    this.#finished = true
    this.#toClient.flush()
    this.#toAgent.close()
    if (last !== undefined) this.#write(last)
    this.#webSocket.resume()
    this.#webSocket.close(code, reason)
    const limit = setTimeout(() => this.#webSocket.terminate(), FAREWELL_MS)
    this.#webSocket.once('close', () => clearTimeout(limit))
  }

  /** At once, with a TCP reset and no close frame. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  get #isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN
  }

  #onFrame(data: RawData, isBinary: boolean): void {
    if (this.#finished || this.#handlers.behaviour().held) return
    const bytes = data as Buffer
    if (!isBinary) this.#handlers.onText(bytes.toString())
    else if (this.#handlers.mayCross()) this.#toAgent.push(bytes)
    else this.reset()
  }

  #onPing(data: Buffer): void {
    if (this.#handlers.behaviour().held) return
    this.#handlers.onPing()
    this.#webSocket.pong(data)
  }

  #onClose(): void {
    this.#toClient.close()
    this.#toAgent.close()
    this.#handlers.onClose()
  }

  /** Gathers what one turn of the event loop sends into one write to the kernel. */
  #write(message: Buffer): void {
    if (!this.#isOpen) return
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#socket.uncork()
      })
    }
    this.#webSocket.send(message, {binary: true})
  }
}
