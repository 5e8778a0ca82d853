import {FLAG, hasGoodDigest, type Incoming, messageId, PAYLOAD, statedLength, typeField} from './agent-message.js'
import {isUuid} from './uuid.js'
import {isFourPartVersion} from './versions.js'

const TYPES = new Map([
  [
    'input_stream_data'.padEnd(32),
    {flags: 0, payloadTypes: [PAYLOAD.data, PAYLOAD.handshakeResponse, PAYLOAD.flag] as number[]},
  ],
  ['acknowledge'.padEnd(32), {flags: 3, payloadTypes: [0]}],
])

/** What is wrong with a client's message, as one phrase; undefined when it is as the real client's. */
export function faultOfMessage(message: Incoming): string | undefined {
  if (message.headerLength !== 116) return `header length ${message.headerLength}`
  const expected = TYPES.get(typeField(message.bytes))
  if (expected === undefined) return `message type ${JSON.stringify(typeField(message.bytes))}`
  if (message.schema !== 1) return `schema version ${message.schema}`
  if (message.created === 0) return 'created is 0'
  if (message.flags !== expected.flags) return `flags ${message.flags} on ${message.type}`
  if (!expected.payloadTypes.includes(message.payloadType))
    return `payload type ${message.payloadType} on ${message.type}`
  if (message.type === 'acknowledge' && message.sequence !== 0) return `acknowledge with sequence ${message.sequence}`
  if (message.payload.length === 0) return 'empty payload'
  if (statedLength(message) !== message.payload.length) {
    return `payload of ${message.payload.length} bytes, stated as ${statedLength(message)}`
  }
  if (!hasGoodDigest(message)) return 'bad digest'
  if (message.payloadType === PAYLOAD.flag && faultOfFlag(message.payload)) return 'malformed flag'
  return undefined
}

function faultOfFlag(payload: Buffer): boolean {
  return (
    payload.length !== 4 ||
    ![FLAG.disconnectToPort, FLAG.terminateSession].some((flag) => flag === payload.readUInt32BE())
  )
}

export interface Acknowledgement {
  readonly sequence: number
  readonly fault: string | undefined
}

/**
 * Reads an acknowledgement's payload. `kept` is the message that it is for, when
 * the agent still has it; `next` the number that the agent will give next.
 */
export function readAcknowledgement(
  payload: Buffer,
  kept: (sequence: number) => Buffer | undefined,
  next: number,
): Acknowledgement {
  const content = readUsual(payload) ?? readJson(payload)
  const sequence = content?.['AcknowledgedMessageSequenceNumber']
  if (content === undefined || !isSequence(sequence)) return {sequence: -1, fault: 'malformed acknowledgement'}
  return {sequence, fault: faultOfAcknowledgement(content, kept(sequence), sequence < next)}
}

const USUAL =
  /^\{"AcknowledgedMessageType":"output_stream_data","AcknowledgedMessageId":"([0-9a-f-]{36})","AcknowledgedMessageSequenceNumber":(\d{1,15}),"IsSequentialMessage":true\}$/

/** What a JSON parser would make of the real client's acknowledgement, at a fraction of the cost. */
function readUsual(payload: Buffer): Json | undefined {
  const [match, id, sequence] = USUAL.exec(payload.toString('latin1')) ?? []
  if (match === undefined) return undefined
  return {
    AcknowledgedMessageType: 'output_stream_data',
    AcknowledgedMessageId: id,
    AcknowledgedMessageSequenceNumber: Number(sequence),
    IsSequentialMessage: true,
  }
}

function faultOfAcknowledgement(content: Json, message: Buffer | undefined, wasSent: boolean): string | undefined {
  const id = content['AcknowledgedMessageId']
  if (!wasSent) return 'acknowledgement of a message that was never sent'
  if (content['AcknowledgedMessageType'] !== 'output_stream_data') return 'acknowledgement of another message type'
  if (content['IsSequentialMessage'] !== true) return 'acknowledgement that is not sequential'
  if (!isUuid(id)) return 'acknowledgement without a canonical UUID'
  if (message !== undefined && messageId(message) !== id) return 'acknowledgement with another message id'
  return undefined
}

export interface OpenFrame {
  readonly token: string
  readonly requestId: string
  readonly clientId: string
  readonly fault: string | undefined
}

const OPEN_KEYS = ['MessageSchemaVersion', 'RequestId', 'TokenValue', 'ClientId', 'ClientVersion']

/** Reads the first text frame, OpenDataChannel. ClientVersion may be missing: clients before 1.2.677.0 have none. */
export function readOpenFrame(frame: string): OpenFrame {
  const content = readJson(frame) ?? {}
  const {MessageSchemaVersion: schema, RequestId, TokenValue, ClientId, ClientVersion} = content
  const read = {token: text(TokenValue), requestId: text(RequestId), clientId: text(ClientId)}
  const strange = Object.keys(content).find((key) => !OPEN_KEYS.includes(key))
  if (schema !== '1.0') return {...read, fault: 'OpenDataChannel with another schema version'}
  if (strange !== undefined) return {...read, fault: `OpenDataChannel with ${strange}`}
  if (!isUuid(RequestId) || !isUuid(ClientId)) return {...read, fault: 'OpenDataChannel without UUIDs'}
  if (ClientVersion !== undefined && !isFourPartVersion(ClientVersion)) {
    return {...read, fault: 'OpenDataChannel whose ClientVersion has not four parts'}
  }
  return {...read, fault: undefined}
}

export interface HandshakeResponse {
  readonly clientVersion: string
  /** The client could not do what was asked. */
  readonly refusal: string | undefined
  readonly fault: string | undefined
}

const ACTION_OK = 1

export function readHandshakeResponse(payload: Buffer, asked: readonly string[]): HandshakeResponse {
  const content = readJson(payload) ?? {}
  const actions: unknown[] = Array.isArray(content['ProcessedClientActions']) ? content['ProcessedClientActions'] : []
  const failed = asked.findIndex((_, at) => (actions[at] as Json | undefined)?.['ActionStatus'] !== ACTION_OK)
  const first = (actions[Math.max(failed, 0)] ?? {}) as Json
  const clientVersion = text(content['ClientVersion'])
  const refusal =
    first['ActionStatus'] === ACTION_OK
      ? undefined
      : `${asked[Math.max(failed, 0)]} failed on client with status ${String(first['ActionStatus'])} error: ${text(first['Error'])}`
  const fault = !isFourPartVersion(clientVersion)
    ? 'ClientVersion without four parts'
    : actions.length !== asked.length || asked.some((type, at) => (actions[at] as Json)['ActionType'] !== type)
      ? 'HandshakeResponse that does not answer what was asked'
      : undefined
  return {clientVersion, refusal, fault}
}

type Json = Record<string, unknown>

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function readJson(source: Buffer | string): Json | undefined {
  try {
    const value: unknown = JSON.parse(source.toString())
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
