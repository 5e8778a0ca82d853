import type {Readable} from 'node:stream'

/** What has come of a stream that is read piece by piece, and was not taken yet. */
export class UnreadBytes {
  readonly #stream: Readable
  #bytes: Buffer = Buffer.alloc(0)
  #hasBegun = false

  constructor(stream: Readable) {
    this.#stream = stream
  }

  /** Whether anything has come. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** How many bytes are there now. */
  get length(): number {
    return this.#bytes.length + this.#stream.readableLength
  }

  /**
   * Exactly so many bytes. `wait` is called when there are fewer, and resolves when the stream has changed. Rejects as `wait`
   * does, and with `ended()` when the stream was refused, reset or ended before so many had come.
   */
  async take(count: number, wait: () => Promise<void>, ended: () => Error): Promise<Buffer> {
    while (this.#bytes.length < count) {
      // Everything that is there: a stream that keeps a part calls at once again, and never lets time pass.
      const more = this.#stream.read() as Buffer | null
      if (more) {
        this.#bytes = this.#bytes.length === 0 ? more : Buffer.concat([this.#bytes, more])
        this.#hasBegun = true
      } else if (this.#stream.destroyed || this.#stream.readableEnded) throw ended()
      else await wait()
    }
    const taken = this.#bytes.subarray(0, count)
    this.#bytes = this.#bytes.subarray(count)
    return taken
  }

  /** Puts what was not taken into the stream again. */
  giveBack(): void {
    if (this.#bytes.length > 0) this.#stream.unshift(this.#bytes)
    this.#bytes = Buffer.alloc(0)
  }
}

const EVENTS = ['readable', 'end', 'close', 'error'] as const

/** The next thing that happens to a stream; `stop` when it is waited for no longer. */
export function nextChange(stream: Readable): {readonly happened: Promise<void>; readonly stop: () => void} {
  let told = (): void => {}
  const happened = new Promise<void>((resolve) => (told = resolve))
  for (const event of EVENTS) stream.on(event, told)
  return {
    happened,
    stop: () => {
      for (const event of EVENTS) stream.off(event, told)
    },
  }
}
