import type {LocalConnection} from './local-connection.js'
import {COMMAND, FRAME_HEADER, writeFrameHeader} from './protocol/smux.js'

/** One local connection on one smux stream. */
export class MuxStream {
  readonly id: number
  readonly #local: LocalConnection
  #opened = false
  #answered = false
  #remoteEnded = false
  #ended = false
  /** Whether it stands in the row of those that have something to send. */
  queued = false

  constructor(id: number, local: LocalConnection) {
    this.id = id
    this.#local = local
  }

  /** Our end is sent: the stream exists no more. */
  get ended(): boolean {
    return this.#ended
  }

  get ready(): boolean {
    return !this.#opened || this.#pending > 0 || this.#endDue
  }

  /** Once the database has hung up, the agent throws away what we send. */
  get #pending(): number {
    return this.#remoteEnded ? 0 : this.#local.pending
  }

  /**
   * smux version 1 knows no half-close: an end of ours makes the agent close
   * the whole connection, and an answer on its way is lost. So a program that
   * only has nothing more to say is not told of until the database has ended, too.
   */
  get #endDue(): boolean {
    return !this.#ended && (this.#local.gone || this.#remoteEnded)
  }

  /** Writes its next frames into `payload`; returns how many bytes. */
  fill(payload: Buffer): number {
    let length = 0
    if (!this.#opened) {
      this.#opened = true
      length += writeFrameHeader(payload, COMMAND.open, this.id)
    }
    if (this.#pending > 0) {
      const pushed = this.#local.read(payload.subarray(length + FRAME_HEADER))
      writeFrameHeader(payload.subarray(length), COMMAND.push, this.id, pushed)
      length += FRAME_HEADER + pushed
    }
    if (this.#endDue && this.#pending === 0 && payload.length - length >= FRAME_HEADER) {
      this.#ended = true
      length += writeFrameHeader(payload.subarray(length), COMMAND.end, this.id)
    }
    return length
  }

  receive(bytes: Buffer): void {
    this.#answered = true
    this.#local.write(bytes)
  }

  /** The database has closed its connection; with `refused`, perhaps there never was one. Returns whether so. */
  remoteEnd(refused: boolean): boolean {
    this.#remoteEnded = true
    const never = refused && !this.#answered
    if (never) this.#local.reset()
    else this.#local.finish()
    return never
  }
}
