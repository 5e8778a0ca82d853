import {type Readable} from 'node:stream'
import {take} from '../reading.js'

/** One packet (MySQL's "Protocol Basics"): three bytes of length, one of sequence, and so many bytes. */
export interface Packet {
  readonly sequence: number
  readonly payload: Buffer
}

/** No packet before a login's end is longer. */
const LIMIT = 65_535

/** The next packet, leaving what comes after it in the stream; undefined when the other side is gone or makes no sense. */
export async function readPacket(stream: Readable): Promise<Packet | undefined> {
  const head = await take(stream, 4)
  const length = head?.readUIntLE(0, 3) ?? LIMIT + 1
  if (!head || length > LIMIT) return undefined
  const payload = length === 0 ? Buffer.alloc(0) : await take(stream, length)
  return payload && {sequence: head[3] ?? 0, payload}
}

export function packet(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUIntLE(payload.length, 0, 3)
  head[3] = sequence & 0xff
  return Buffer.concat([head, payload])
}

/** ERR. Before the client has said what it understands (sequence 0), it has no SQL state. */
export function refusal(sequence: number, code: number, sqlState: string, message: string): Buffer {
  const head = Buffer.from([0xff, 0, 0])
  head.writeUInt16LE(code, 1)
  return packet(sequence, Buffer.concat([head, Buffer.from(sequence === 0 ? message : `#${sqlState}${message}`)]))
}
