import {Duplex} from 'node:stream'
import type {LocalSocket} from '../../core/ports/network.js'

const PIECE = 256 * 1024

/** Two ends of a connection that no other process can see: what is written to one is read from the other. */
export function socketPair(): readonly [LocalSocket, LocalSocket] {
  const [one, other] = [new End(), new End()]
  one.peer = other
  other.peer = one
  return [one, other]
}

class End extends Duplex implements LocalSocket {
  peer!: End
  bytesRead = 0
  #written = 0
  /** That of the peer's write which has not been taken yet. */
  #taken: (() => void) | undefined

  constructor() {
    super({allowHalfOpen: true, readableHighWaterMark: PIECE, writableHighWaterMark: PIECE})
    this.on('error', () => {
      // 'close' follows.
    })
  }

  get bytesWritten(): number {
    return this.#written + this.writableLength
  }

  override _read(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    // Not at once: a carrier must not be called while it is writing.
    process.nextTick(() => {
      if (this.peer.destroyed) return done(broken('EPIPE'))
      this.peer.#take(chunk, () => {
        this.#written += chunk.length
        done()
      })
    })
  }

  override _final(done: () => void): void {
    process.nextTick(() => {
      if (!this.peer.destroyed) this.peer.push(null)
      done()
    })
  }

  /** Without an end that was written to its last byte, the other side sees a reset. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this._read()
    const {peer} = this
    if (!peer.destroyed && (error || !this.writableFinished)) process.nextTick(() => peer.destroy(broken('ECONNRESET')))
    done(error)
  }

  resetAndDestroy(): void {
    this.destroy(broken('ECONNRESET'))
  }

  #take(chunk: Buffer, done: () => void): void {
    this.bytesRead += chunk.length
    // An empty piece says nothing, and nobody would ask for the next one.
    if (chunk.length === 0 || this.push(chunk)) done()
    else this.#taken = done
  }
}

function broken(code: 'ECONNRESET' | 'EPIPE'): Error {
  return Object.assign(new Error(code), {code})
}
