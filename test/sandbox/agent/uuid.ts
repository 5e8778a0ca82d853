import {randomFillSync} from 'node:crypto'

const POOL = Buffer.allocUnsafe(16 * 256)
let used = POOL.length

/** Writes a random version 4 UUID at `offset`, in the order that AgentMessage has: bytes 8 to 15, then 0 to 7. */
export function putRandomId(target: Buffer, offset: number): void {
  if (used === POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  POOL.copy(target, offset, used, used + 16)
  used += 16
  target[offset] = ((target[offset] ?? 0) & 0x3f) | 0x80
  target[offset + 14] = ((target[offset + 14] ?? 0) & 0x0f) | 0x40
}

/** Writes a canonical UUID in AgentMessage's order. */
export function putId(target: Buffer, offset: number, id: string): void {
  const hex = id.replaceAll('-', '')
  target.write(hex.slice(16), offset, 8, 'hex')
  target.write(hex.slice(0, 16), offset + 8, 8, 'hex')
}

/** The canonical UUID of 16 bytes in AgentMessage's order. */
export function idAt(bytes: Buffer, offset: number): string {
  const low = bytes.toString('hex', offset, offset + 8)
  const high = bytes.toString('hex', offset + 8, offset + 16)
  return `${high.slice(0, 8)}-${high.slice(8, 12)}-${high.slice(12)}-${low.slice(0, 4)}-${low.slice(4)}`
}

export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
