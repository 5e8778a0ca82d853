import {Duplex} from 'node:stream'
import type {LocalSocket} from '../../../../../src/core/ports/network.js'

/** A local program's connection, with the test as the program. */
export class MemorySocket extends Duplex implements LocalSocket {
  /** What the program has been given. */
  readonly taken: Buffer[] = []
  wasReset = false
  bytesRead = 0
  bytesWritten = 0
  /** The next write fails like one to a connection that is no more. */
  broken = false
  #stalled = false
  #held: (() => void) | undefined

  constructor() {
    super({allowHalfOpen: true, readableHighWaterMark: 64 * 1024, writableHighWaterMark: 64 * 1024})
  }

  get text(): string {
    return Buffer.concat(this.taken).toString('latin1')
  }

  /** The program sends. */
  say(bytes: string | Buffer): void {
    const said = Buffer.from(bytes)
    this.bytesRead += said.length
    this.push(said)
  }

  /** The program has nothing more to say. */
  sayEnd(): void {
    this.push(null)
  }

  /** The program stops reading, and goes on. */
  stall(): void {
    this.#stalled = true
  }

  goOn(): void {
    this.#stalled = false
    this.takeOne()
  }

  /** Takes what it was handed last, and stalls again if it did. */
  takeOne(): void {
    const held = this.#held
    this.#held = undefined
    held?.()
  }

  resetAndDestroy(): void {
    this.wasReset = true
    this.destroy()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this._writev([{chunk}], done)
  }

  override _writev(chunks: readonly {chunk: Buffer}[], done: (error?: Error) => void): void {
    if (this.broken) return done(new Error('EPIPE'))
    for (const {chunk} of chunks) this.bytesWritten += chunk.length
    const take = (): void => {
      this.taken.push(...chunks.map(({chunk}) => Buffer.from(chunk)))
      done()
    }
    if (this.#stalled) this.#held = take
    else take()
  }
}
