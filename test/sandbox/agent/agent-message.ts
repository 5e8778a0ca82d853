import {hash} from 'node:crypto'
import {idAt, putId, putRandomId} from './uuid.js'

/** Header length of everything but channel_closed, which the service sends without a payload type. */
const HEADER = 116
const SHORT_HEADER = 112
const TYPE_LENGTH = 32

export type MessageType =
  | 'input_stream_data'
  | 'output_stream_data'
  | 'acknowledge'
  | 'channel_closed'
  | 'start_publication'
  | 'pause_publication'

/** Payload types that port sessions use. */
export const PAYLOAD = {data: 1, handshakeRequest: 5, handshakeResponse: 6, handshakeComplete: 7, flag: 10} as const

/** Flag payloads. */
export const FLAG = {disconnectToPort: 1, terminateSession: 2, connectToPortError: 3} as const

export interface Outgoing {
  readonly type: MessageType
  readonly sequence: number
  readonly flags: number
  readonly payloadType: number
  readonly payload: Buffer
  /** Epoch milliseconds; now, when left out. */
  readonly created?: number
  /** Canonical UUID; random, when left out. */
  readonly id?: string
  readonly headerLength?: typeof HEADER | typeof SHORT_HEADER
  /** Types padded with NULs in place of spaces, which readers accept, too. */
  readonly nulPadding?: boolean
}

export interface Incoming {
  readonly headerLength: number
  /** Trimmed of spaces and NULs. */
  readonly type: string
  readonly schema: number
  readonly created: number
  readonly sequence: number
  readonly flags: number
  /** 0 where the header has none. */
  readonly payloadType: number
  readonly payload: Buffer
  /** The whole message; `messageId` and `hasGoodDigest` read from it. */
  readonly bytes: Buffer
}

/** One AgentMessage as bytes; a single copy of the payload. */
export function encodeMessage(message: Outgoing): Buffer {
  const {payload, headerLength = HEADER, created = Date.now()} = message
  const bytes = Buffer.allocUnsafe(headerLength + 4 + payload.length)
  bytes.writeUInt32BE(headerLength, 0)
  bytes.write(paddedType(message.type, message.nulPadding ?? false), 4, 'latin1')
  bytes.writeUInt32BE(1, 36)
  putLong(bytes, 40, created)
  putLong(bytes, 48, message.sequence)
  putLong(bytes, 56, message.flags)
  if (message.id === undefined) putRandomId(bytes, 64)
  else putId(bytes, 64, message.id)
  bytes.write(digest(payload), 80, 'latin1')
  if (headerLength === HEADER) bytes.writeUInt32BE(message.payloadType, 112)
  bytes.writeUInt32BE(payload.length, headerLength)
  bytes.set(payload, headerLength + 4)
  return bytes
}

/**
 * Reads one AgentMessage as the agent does: the payload is what follows the
 * payload length, and neither the digest nor the stated length is checked.
 * Throws a RangeError when the header is cut short.
 */
export function decodeMessage(bytes: Buffer): Incoming {
  const headerLength = bytes.readUInt32BE(0)
  if (headerLength < SHORT_HEADER || headerLength + 4 > bytes.length) throw new RangeError('message is cut short')
  return {
    headerLength,
    type: trimmed(typeField(bytes)),
    schema: bytes.readUInt32BE(36),
    created: longAt(bytes, 40),
    sequence: longAt(bytes, 48),
    flags: longAt(bytes, 56),
    payloadType: headerLength >= HEADER ? bytes.readUInt32BE(112) : 0,
    payload: bytes.subarray(headerLength + 4),
    bytes,
  }
}

/** The message's id as canonical UUID. */
export function messageId(bytes: Buffer): string {
  return idAt(bytes, 64)
}

/** The type field as it was sent, padding included. */
export function typeField(bytes: Buffer): string {
  return bytes.toString('latin1', 4, 4 + TYPE_LENGTH)
}

export function hasGoodDigest({bytes, payload}: Incoming): boolean {
  return bytes.toString('latin1', 80, 112) === digest(payload)
}

/** Length that the message states for its payload. */
export function statedLength({bytes, headerLength}: Incoming): number {
  return bytes.readUInt32BE(headerLength)
}

export function flagPayload(flag: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(flag)
  return payload
}

const TRIMMED = new Map(['input_stream_data', 'acknowledge'].map((type) => [type.padEnd(TYPE_LENGTH), type]))

function trimmed(field: string): string {
  return TRIMMED.get(field) ?? field.replace(/^[\0 ]+|[\0 ]+$/g, '')
}

const PADDED = new Map<string, string>()

function paddedType(type: MessageType, nul: boolean): string {
  if (nul) return type.padEnd(TYPE_LENGTH, '\0')
  let padded = PADDED.get(type)
  if (padded === undefined) PADDED.set(type, (padded = type.padEnd(TYPE_LENGTH)))
  return padded
}

/** SHA-256, one character a byte: cheaper than a Buffer for 1 KiB messages. */
function digest(payload: Buffer): string {
  return hash('sha256', payload, 'binary')
}

/** 64-bit integers here stay far below 2^53. */
function putLong(bytes: Buffer, offset: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), offset)
  bytes.writeUInt32BE(value % 2 ** 32, offset + 4)
}

function longAt(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4)
}
