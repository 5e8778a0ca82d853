import type {OverflowFile, OverflowPort} from '../../../../core/ports/overflow.js'

/** Bytes kept in memory for one program; what comes on top goes to disk. */
export const MOST_IN_MEMORY = 512 * 1024
const FIRST_PIECE = 4 * 1024
const MOST_PIECE = 64 * 1024
/** A file's space is given back when all of it was read. */
const MOST_FILE = 8 * 1024 * 1024

/** A stretch of bytes that is filled from its start and read behind that. */
interface Stretch {
  readonly place: Buffer | OverflowFile
  readonly size: number
  written: number
  read: number
}

/**
 * Bytes for one program, in order: in memory, and when it lags far behind, on
 * disk. They are copied on the way in, or a few bytes of a slow program would
 * keep alive all that came in the same packet.
 */
export class InboundQueue {
  readonly #overflow: OverflowPort
  readonly #stretches: Stretch[] = []
  #inMemory = 0
  #onDisk = 0
  #diskFailed = false

  constructor(overflow: OverflowPort) {
    this.#overflow = overflow
  }

  get length(): number {
    return this.#inMemory + this.#onDisk
  }

  /** How many of them are on disk. */
  get onDisk(): number {
    return this.#onDisk
  }

  push(bytes: Buffer): void {
    const last = this.#stretches.at(-1)
    const overflows = isOnDisk(last) || this.#inMemory + bytes.length > MOST_IN_MEMORY
    if (!overflows || this.#diskFailed || !this.#store(bytes, last)) this.#keep(bytes, last)
  }

  /** Takes out the next bytes, 64 KiB at most. Throws when the disk does not give them back. */
  shift(): Buffer | undefined {
    const first = this.#stretches[0]
    if (!first) return undefined
    const {place, read} = first
    const length = Math.min(first.written - read, MOST_PIECE)
    let bytes: Buffer
    if (Buffer.isBuffer(place)) {
      bytes = place.subarray(read, read + length)
      this.#inMemory -= length
    } else {
      place.read((bytes = Buffer.allocUnsafe(length)), read)
      this.#onDisk -= length
    }
    first.read += length
    if (first.read === first.written) {
      this.#stretches.shift()
      release(first)
    }
    return bytes
  }

  clear(): void {
    for (const stretch of this.#stretches.splice(0)) release(stretch)
    this.#inMemory = 0
    this.#onDisk = 0
  }

  #keep(bytes: Buffer, last: Stretch | undefined): void {
    this.#inMemory += bytes.length
    for (let done = 0; done < bytes.length;) {
      if (!last || !Buffer.isBuffer(last.place) || last.written === last.size) {
        const grown = Buffer.isBuffer(last?.place) ? last.size * 2 : FIRST_PIECE
        const size = Math.min(Math.max(grown, bytes.length - done), MOST_PIECE)
        this.#stretches.push((last = {place: Buffer.allocUnsafe(size), size, written: 0, read: 0}))
      }
      const copied = bytes.copy(last.place as Buffer, last.written, done)
      last.written += copied
      done += copied
    }
  }

  /** False when the disk takes no more: it is not asked again. */
  #store(bytes: Buffer, last: Stretch | undefined): boolean {
    try {
      let file = isOnDisk(last) && last.written < MOST_FILE ? last : undefined
      if (!file) this.#stretches.push((file = {place: this.#overflow.create(), size: MOST_FILE, written: 0, read: 0}))
      ;(file.place as OverflowFile).append(bytes)
      file.written += bytes.length
      this.#onDisk += bytes.length
      return true
    } catch {
      this.#diskFailed = true
      const empty = this.#stretches.at(-1)
      if (empty?.written === 0) release(this.#stretches.pop()!)
      return false
    }
  }
}

function isOnDisk(stretch: Stretch | undefined): stretch is Stretch {
  return stretch !== undefined && !Buffer.isBuffer(stretch.place)
}

function release({place}: Stretch): void {
  if (!Buffer.isBuffer(place)) place.close()
}
