/** Payloads of the agent and of the real client hold at most as many bytes. */
const PAYLOAD_LIMIT = 1_024
/** A slow line may keep as much waiting here before the databases are no longer read. */
const QUEUE_LIMIT = 64 * 1024
/** How late a pace may run and still catch up, in rests. */
const CATCH_UP = 4

export interface PumpHandlers {
  readonly paceMs: () => number
  /** Whether the line takes more. */
  readonly mayFlow: () => boolean
  send(payload: Buffer): void
  /** Stops and starts the reading from databases. */
  onFull(full: boolean): void
}

/** Cuts the bytes for the client into payloads, without regard to frames, at the agent's pace. */
export class Pump {
  readonly #handlers: PumpHandlers
  readonly #chunks: Buffer[] = []
  #length = 0
  #nextAt = 0
  #timer: NodeJS.Timeout | undefined
  #full = false

  constructor(handlers: PumpHandlers) {
    this.#handlers = handlers
  }

  push(...chunks: Buffer[]): void {
    for (const chunk of chunks) {
      this.#chunks.push(chunk)
      this.#length += chunk.length
    }
    this.run()
  }

  /** Sends what may be sent now. To be called whenever the line takes more. */
  run(): void {
    while (this.#length > 0 && this.#handlers.mayFlow() && this.#rested()) this.#handlers.send(this.#take())
    const full = this.#length > QUEUE_LIMIT || !this.#handlers.mayFlow()
    if (full === this.#full) return
    this.#full = full
    this.#handlers.onFull(full)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#chunks.length = 0
    this.#length = 0
  }

  #rested(): boolean {
    const paceMs = this.#handlers.paceMs()
    if (paceMs === 0) return true
    const now = performance.now()
    if (now < this.#nextAt) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.run()
      }, this.#nextAt - now)
      return false
    }
    this.#nextAt = (now - this.#nextAt > CATCH_UP * paceMs ? now : this.#nextAt) + paceMs
    return true
  }

  #take(): Buffer {
    const parts: Buffer[] = []
    let wanted = Math.min(PAYLOAD_LIMIT, this.#length)
    this.#length -= wanted
    while (wanted > 0) {
      const head = this.#chunks[0] as Buffer
      const part = head.subarray(0, wanted)
      parts.push(part)
      wanted -= part.length
      if (part.length === head.length) this.#chunks.shift()
      else this.#chunks[0] = head.subarray(part.length)
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }
}
