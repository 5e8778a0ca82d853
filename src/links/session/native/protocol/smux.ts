import {fail} from '../../../../core/errors.js'

/**
 * smux version 1 (xtaci/smux 1.5), which carries many streams over one: frames
 * of version, command, length (16 bit) and stream id (32 bit), little endian.
 */

const VERSION = 1
export const FRAME_HEADER = 8
export const COMMAND = {open: 0, end: 1, push: 2, nop: 3} as const
export type Command = (typeof COMMAND)[keyof typeof COMMAND]

/** Writes a frame's header at the start of `target`; a push's bytes follow it. Returns the header's length. */
export function writeFrameHeader(target: Buffer, command: Command, stream: number, length = 0): number {
  target[0] = VERSION
  target[1] = command
  target.writeUInt16LE(length, 2)
  target.writeUInt32LE(stream, 4)
  return FRAME_HEADER
}

export interface FrameSink {
  opened(stream: number): void
  /** Bytes of one stream, in order, as they come in; not whole frames. */
  pushed(stream: number, bytes: Buffer): void
  ended(stream: number): void
}

/** Reads frames out of a byte stream that is cut anywhere. */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #header = Buffer.alloc(FRAME_HEADER)
  #headerBytes = 0
  /** Bytes still to come of the push frame that is being read. */
  #remaining = 0
  #stream = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Throws PROTOCOL when this is not smux version 1. */
  read(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#remaining > 0) {
        const part = bytes.subarray(at, at + this.#remaining)
        at += part.length
        this.#remaining -= part.length
        this.#sink.pushed(this.#stream, part)
      } else {
        const copied = bytes.copy(this.#header, this.#headerBytes, at)
        at += copied
        this.#headerBytes += copied
        if (this.#headerBytes === FRAME_HEADER) this.#begin()
      }
    }
  }

  #begin(): void {
    this.#headerBytes = 0
    if (this.#header[0] !== VERSION) throw foreign(`version ${this.#header[0]}`)
    this.#stream = this.#header.readUInt32LE(4)
    const command = this.#header.readUInt8(1)
    switch (command) {
      case COMMAND.open:
        return this.#sink.opened(this.#stream)
      case COMMAND.end:
        return this.#sink.ended(this.#stream)
      case COMMAND.push:
        this.#remaining = this.#header.readUInt16LE(2)
        return
      case COMMAND.nop:
        return
      default:
        throw foreign(`command ${command}`)
    }
  }
}

function foreign(what: string): Error {
  return fail('PROTOCOL', `The SSM agent sent invalid data (${what}).`)
}
