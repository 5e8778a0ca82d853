import {randomFillSync} from 'node:crypto'
import type {Writable} from 'node:stream'

const BINARY_AND_LAST = 0x82
const MASKED = 0x80
const MOST_HEADER = 14
const LEAST_BATCH = 4 * 1024
const MOST_BATCH = 64 * 1024
const MASKS = Buffer.alloc(4096)
let usedMasks = MASKS.length

/**
 * Binary frames of a WebSocket client (RFC 6455): what is sent in one turn of
 * the event loop leaves in one write. `ws` masks byte by byte and writes each
 * frame by itself, which cost more than all else together for messages of 1 KiB.
 */
export class FrameBatch {
  readonly #stream: Writable
  #batch = Buffer.alloc(0)
  #words = new Int32Array(0)
  #filled = 0
  #scheduled = false
  /** What the turn before needed, as a guess at the next one. */
  #size = LEAST_BATCH

  constructor(stream: Writable) {
    this.#stream = stream
  }

  /** Bytes that `flush` will write. */
  get length(): number {
    return this.#filled
  }

  push(data: Uint8Array): void {
    const room = MOST_HEADER + data.length
    if (this.#filled + room > this.#batch.length) {
      this.flush()
      const size = Math.max(this.#size, room)
      this.#batch = Buffer.allocUnsafeSlow((size + 3) & ~3)
      this.#words = new Int32Array(this.#batch.buffer)
      this.#size = Math.min(this.#size * 2, MOST_BATCH)
    }
    const start = this.#writeHeader(data.length)
    this.#batch.set(data, start)
    this.#mask(start, data.length)
    this.#filled = start + data.length
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(() => {
      this.#scheduled = false
      this.#size = Math.max(LEAST_BATCH, this.#size / 2)
      this.flush()
    })
  }

  /** To be called before anything else is sent over the same stream. */
  flush(): void {
    if (this.#filled === 0) return
    const filled = this.#batch.subarray(0, this.#filled)
    this.#batch = Buffer.alloc(0)
    this.#filled = 0
    if (this.#stream.writable) this.#stream.write(filled)
  }

  /** The mask stands in the header's last four bytes. Returns where the data begin. */
  #writeHeader(length: number): number {
    let at = this.#filled
    this.#batch[at++] = BINARY_AND_LAST
    if (length < 126) {
      this.#batch[at++] = MASKED | length
    } else if (length < 65_536) {
      this.#batch[at++] = MASKED | 126
      at = this.#batch.writeUInt16BE(length, at)
    } else {
      this.#batch[at++] = MASKED | 127
      at = this.#batch.writeUInt32BE(0, at)
      at = this.#batch.writeUInt32BE(length, at)
    }
    if (usedMasks === MASKS.length) {
      randomFillSync(MASKS)
      usedMasks = 0
    }
    MASKS.copy(this.#batch, at, usedMasks, (usedMasks += 4))
    return at + 4
  }

  /** Word by word; what stands before and behind whole words, byte by byte. */
  #mask(start: number, length: number): void {
    const batch = this.#batch
    const end = start + length
    const first = Math.min((start + 3) & ~3, end)
    const last = Math.max(end & ~3, first)
    const key = batch.readUInt32BE(start - 4)
    const byteKey = (at: number): number => key >>> (24 - 8 * ((at - start) & 3))
    for (let at = start; at < first; at++) batch[at]! ^= byteKey(at)
    if (first < last) {
      const word = wordOf(byteKey(first), byteKey(first + 1), byteKey(first + 2), byteKey(first + 3))
      for (let at = first >> 2; at < last >> 2; at++) this.#words[at]! ^= word
    }
    for (let at = last; at < end; at++) batch[at]! ^= byteKey(at)
  }
}

const SCRATCH = new Uint8Array(4)
const SCRATCH_WORD = new Int32Array(SCRATCH.buffer)

/** Four bytes as they stand in memory. */
function wordOf(...bytes: [number, number, number, number]): number {
  SCRATCH.set(bytes)
  return SCRATCH_WORD[0]!
}
