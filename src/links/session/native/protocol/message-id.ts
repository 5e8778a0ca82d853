import {randomFillSync} from 'node:crypto'

const POOL = Buffer.alloc(4096)
let used = POOL.length

/** Writes a fresh random UUID (version 4) in wire order: its last eight bytes first (real plugin 1.2.677). */
export function writeMessageId(target: Buffer, offset: number): void {
  if (used === POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  POOL.copy(target, offset, used, (used += 16))
  target[offset] = (target[offset]! & 0x3f) | 0x80
  target[offset + 14] = (target[offset + 14]! & 0x0f) | 0x40
}

/** The canonical text of a UUID that stands in wire order. */
export function readMessageId(source: Buffer, offset: number): string {
  const hex = source.toString('hex', offset + 8, offset + 16) + source.toString('hex', offset, offset + 8)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
