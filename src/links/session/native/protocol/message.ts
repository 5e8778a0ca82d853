import {hash} from 'node:crypto'
import {readMessageId, writeMessageId} from './message-id.js'

/**
 * AgentMessage, the binary message of the data channel; big endian. The layout
 * was recorded from the real plugin (1.2.677) and is tested byte for byte.
 */

export type MessageType =
  | 'input_stream_data'
  | 'output_stream_data'
  | 'acknowledge'
  | 'channel_closed'
  | 'start_publication'
  | 'pause_publication'

export const PAYLOAD = {
  none: 0,
  data: 1,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  flag: 10,
} as const

/** Where the payload begins in the messages that we write. */
export const PAYLOAD_OFFSET = 120

const AT = {type: 4, schema: 36, created: 40, sequence: 48, flags: 56, id: 64, digest: 80, payloadType: 112} as const
const HEADER_LENGTH = 116
/** channel_closed comes without a payload type. */
const SHORT_HEADER_LENGTH = 112
const DIGEST_LENGTH = 32
const SCHEMA = 1

/** As real agents and the service pad them. */
const KNOWN_TYPES = new Map(
  ['output_stream_data', 'acknowledge', 'channel_closed'].map((type) => [type.padEnd(AT.schema - AT.type), type]),
)

/** Flags of acknowledgements and control messages; a client's data carries 0. */
const CONTROL_FLAGS = 3

export interface MessageHead {
  readonly type: MessageType
  readonly sequence: number
  readonly payloadType: number
  /** Milliseconds since the epoch, never 0. */
  readonly created: number
}

/** A message that came in: a view of its bytes. */
export class Message {
  readonly payload: Buffer
  readonly #frame: Buffer
  readonly #headerLength: number

  constructor(frame: Buffer, headerLength: number) {
    this.payload = frame.subarray(headerLength + 4)
    this.#frame = frame
    this.#headerLength = headerLength
  }

  /** With bytes of its own: a view of a few keeps alive all that the network brought with them. */
  copy(): Message {
    return new Message(Buffer.from(this.#frame), this.#headerLength)
  }

  /** A MessageType, or a word that we do not know. */
  get type(): string {
    const padded = this.#frame.toString('latin1', AT.type, AT.schema)
    return KNOWN_TYPES.get(padded) ?? padded.replace(/[ \0]+$/, '')
  }

  get sequence(): number {
    return readUint64(this.#frame, AT.sequence)
  }

  /** Canonical UUID. */
  get id(): string {
    return readMessageId(this.#frame, AT.id)
  }

  /** `PAYLOAD.none` when the header has none. */
  get payloadType(): number {
    return this.#headerLength === HEADER_LENGTH ? this.#frame.readUInt32BE(AT.payloadType) : PAYLOAD.none
  }
}

/**
 * Makes `frame` a message around the payload that already stands at
 * PAYLOAD_OFFSET up to its end, under a fresh message id.
 */
export function sealMessage(frame: Buffer, head: MessageHead): Buffer {
  const payload = frame.subarray(PAYLOAD_OFFSET)
  templateOf(head.type).copy(frame)
  writeUint64(frame, head.created, AT.created)
  writeUint64(frame, head.sequence, AT.sequence)
  writeMessageId(frame, AT.id)
  frame.write(digestOf(payload), AT.digest, DIGEST_LENGTH, 'latin1')
  frame.writeUInt32BE(head.payloadType, AT.payloadType)
  frame.writeUInt32BE(payload.length, HEADER_LENGTH)
  return frame
}

const TEMPLATES = new Map<MessageType, Buffer>()

/** A header up to the message's id, with what all messages of a type have in common. */
function templateOf(type: MessageType): Buffer {
  let template = TEMPLATES.get(type)
  if (!template) {
    template = Buffer.alloc(AT.id)
    template.writeUInt32BE(HEADER_LENGTH, 0)
    template.write(type.padEnd(AT.schema - AT.type), AT.type, 'latin1')
    template.writeUInt32BE(SCHEMA, AT.schema)
    writeUint64(template, type === 'input_stream_data' ? 0 : CONTROL_FLAGS, AT.flags)
    TEMPLATES.set(type, template)
  }
  return template
}

/** A message with this payload, at least one byte long. */
export function encodeMessage(head: MessageHead, payload: Buffer | string): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
  const frame = Buffer.allocUnsafe(PAYLOAD_OFFSET + length)
  if (typeof payload === 'string') frame.write(payload, PAYLOAD_OFFSET)
  else payload.copy(frame, PAYLOAD_OFFSET)
  return sealMessage(frame, head)
}

/** Undefined for what is no message or does not match its digest: drop it without an acknowledgement. */
export function decodeMessage(frame: Buffer): Message | undefined {
  if (frame.length < SHORT_HEADER_LENGTH + 4) return undefined
  const headerLength = frame.readUInt32BE(0)
  if (headerLength !== HEADER_LENGTH && headerLength !== SHORT_HEADER_LENGTH) return undefined
  if (frame.length < headerLength + 4) return undefined
  const message = new Message(frame, headerLength)
  return frame.toString('latin1', AT.digest, AT.digest + DIGEST_LENGTH) === digestOf(message.payload)
    ? message
    : undefined
}

/** As a binary string, which costs less than a buffer. */
function digestOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'binary')
}

// 53 bits are plenty for times and counters, and much faster than BigInt.
function writeUint64(target: Buffer, value: number, offset: number): void {
  target.writeUInt32BE(Math.floor(value / 2 ** 32), offset)
  target.writeUInt32BE(value >>> 0, offset + 4)
}

function readUint64(source: Buffer, offset: number): number {
  return source.readUInt32BE(offset) * 2 ** 32 + source.readUInt32BE(offset + 4)
}
