import type {WebSocketLink, WebSocketPort} from '../../../../../src/core/ports/network.js'

/** One end of a WebSocket, with the test at the other. */
export class MemoryLink implements WebSocketLink {
  readonly sent: (Buffer | string)[] = []
  /** What the test does with each message; it is kept in `sent` anyway. */
  onSend: (data: Buffer | string) => void = () => {}
  bufferedBytes = 0
  paused = false
  pings = 0
  closed = false
  /** Answers pings and closing handshakes, as a living service does. */
  alive = true
  #message: (data: Uint8Array | string) => void = () => {}
  #close: (why: {code: number; reason: string}) => void = () => {}
  #pong: () => void = () => {}

  send(data: Uint8Array | string): void {
    const kept = typeof data === 'string' ? data : Buffer.from(data)
    this.sent.push(kept)
    this.onSend(kept)
  }

  onMessage(callback: (data: Uint8Array | string) => void): void {
    this.#message = callback
  }

  onClose(callback: (why: {code: number; reason: string}) => void): void {
    this.#close = callback
  }

  onPong(callback: () => void): void {
    this.#pong = callback
  }

  ping(): void {
    this.pings++
    if (this.alive) this.#pong()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  close(): void {
    if (this.alive) this.die(1000, '')
  }

  terminate(): void {
    this.die(1006, '')
  }

  /** The service sends something. */
  deliver(data: Uint8Array): void {
    if (!this.closed) this.#message(data)
  }

  /** The connection ends. */
  die(code = 1006, reason = ''): void {
    if (this.closed) return
    this.closed = true
    this.#close({code, reason})
  }
}

/** Opens memory links; `answer` may throw, or wait for ever, in place of that. */
export class MemoryWebSockets implements WebSocketPort {
  readonly links: MemoryLink[] = []
  readonly dials: {url: string; headers: Readonly<Record<string, string>>}[] = []
  answer: (attempt: number) => Promise<MemoryLink> = () => Promise.resolve(new MemoryLink())

  async connect(url: string, headers: Readonly<Record<string, string>>): Promise<MemoryLink> {
    this.dials.push({url, headers})
    const link = await this.answer(this.dials.length)
    this.links.push(link)
    return link
  }

  get latest(): MemoryLink {
    const link = this.links.at(-1)
    if (!link) throw new Error('nothing was dialled')
    return link
  }
}
