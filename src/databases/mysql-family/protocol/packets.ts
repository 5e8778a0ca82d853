/** One side of a connection that is read piece by piece, as a probe or a local end has it. */
export interface PacketLine {
  /** Exactly so many bytes. */
  read(count: number): Promise<Uint8Array>
  write(bytes: Uint8Array): void
}

/** Three bytes of length, one of sequence, and so many bytes ("Protocol Basics" in MySQL's documentation). */
export interface Packet {
  readonly sequence: number
  readonly payload: Buffer
}

/** What came is not MySQL's protocol. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}

const HEAD = 4
/** Nothing before the end of a login is longer. */
export const LOGIN_LIMIT = 65_535

/** The next packet. Rejects with Malformed when its length says that it is longer than `limit`, before any of it is waited for. */
export async function readPacket(line: Pick<PacketLine, 'read'>, limit = LOGIN_LIMIT): Promise<Packet> {
  const head = Buffer.from(await line.read(HEAD))
  const length = head.readUIntLE(0, 3)
  if (length > limit) throw new Malformed(`a packet of ${length} bytes`)
  const payload = length === 0 ? Buffer.alloc(0) : Buffer.from(await line.read(length))
  return {sequence: head.readUInt8(3), payload}
}

/** A payload of less than 16 MiB as a packet. */
export function packet(sequence: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD)
  head.writeUIntLE(payload.length, 0, 3)
  head.writeUInt8(sequence & 0xff, 3)
  return Buffer.concat([head, payload])
}

/** Reads the fields of one payload, in order; each throws Malformed where the payload ends before it does. */
export class Fields {
  readonly #payload: Buffer
  #at = 0

  constructor(payload: Buffer) {
    this.#payload = payload
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#payload.length - this.#at
  }

  bytes(count: number): Buffer {
    if (count > this.left) throw new Malformed(`a field of ${count} bytes, with ${this.left} left`)
    return this.#payload.subarray(this.#at, (this.#at += count))
  }

  /** Little-endian, of up to six bytes. */
  int(count: number): number {
    return this.bytes(count).readUIntLE(0, count)
  }

  /** Up to a zero, which is not part of it. */
  text(): string {
    const end = this.#payload.indexOf(0, this.#at)
    if (end < 0) throw new Malformed('a text without an end')
    const text = this.bytes(end - this.#at).toString('utf8')
    this.#at += 1
    return text
  }

  rest(): Buffer {
    return this.bytes(this.left)
  }
}
