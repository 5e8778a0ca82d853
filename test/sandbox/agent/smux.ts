/** smux version 1 (xtaci 1.5.15): version, command, length u16, stream u32, little endian. */
export const COMMAND = {open: 0, finish: 1, data: 2, keepalive: 3} as const
export const FRAME_LIMIT = 32_768
const HEADER = 8

export function frameHeader(command: number, stream: number, length = 0): Buffer {
  const header = Buffer.allocUnsafe(HEADER)
  header[0] = 1
  header[1] = command
  header.writeUInt16LE(length, 2)
  header.writeUInt32LE(stream, 4)
  return header
}

export interface FrameHandlers {
  /** A header, as soon as it is whole; a string back is a protocol error and stops the reader for good. */
  onFrame(command: number, stream: number, length: number): string | undefined
  /** A piece of a data frame's body, as it arrives. */
  onData(stream: number, piece: Buffer): void
}

/** Reads frames from a byte stream that is cut anywhere, without copying bodies. */
export class FrameReader {
  readonly #handlers: FrameHandlers
  readonly #header = Buffer.alloc(HEADER)
  #have = 0
  #stream = 0
  #left = 0

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers
  }

  /** Returns the protocol error, if any. */
  push(bytes: Buffer): string | undefined {
    let at = 0
    while (at < bytes.length) {
      if (this.#left > 0) {
        const end = Math.min(at + this.#left, bytes.length)
        this.#left -= end - at
        this.#handlers.onData(this.#stream, bytes.subarray(at, end))
        at = end
        continue
      }
      const end = Math.min(at + HEADER - this.#have, bytes.length)
      bytes.copy(this.#header, this.#have, at, end)
      this.#have += end - at
      at = end
      if (this.#have < HEADER) return undefined
      this.#have = 0
      const error = this.#open()
      if (error !== undefined) return error
    }
    return undefined
  }

  #open(): string | undefined {
    const header = this.#header
    const [version, command] = [header[0] ?? 0, header[1] ?? 0]
    const length = header.readUInt16LE(2)
    if (version !== 1) return `smux version ${version}`
    if (command > COMMAND.keepalive) return `smux command ${command}`
    this.#stream = header.readUInt32LE(4)
    this.#left = length
    return this.#handlers.onFrame(command, this.#stream, length)
  }
}
