import type {Message} from './message.js'

/** The JSON and flag payloads of the data channel; keys in the real plugin's order (1.2.677). */

/**
 * What we say we are: the level of the plugin's protocol that is spoken here.
 * Four parts, above 1.2.331.0 (an agent then needs no keepalive from us) and
 * above 1.2.764.0 (the least that AWS says it will serve).
 */
export const CLIENT_VERSION = '1.2.896.0'

export const FLAG = {disconnectToPort: 1, terminateSession: 2, connectToPortError: 3} as const

/** The first frame of every WebSocket, as text. Holds the token: never to be logged. */
export function openDataChannel(open: {requestId: string; tokenValue: string; clientId: string}): string {
  return JSON.stringify({
    MessageSchemaVersion: '1.0',
    RequestId: open.requestId,
    TokenValue: open.tokenValue,
    ClientId: open.clientId,
    ClientVersion: CLIENT_VERSION,
  })
}

/** The payload that acknowledges `message`. */
export function acknowledgement(message: Pick<Message, 'type' | 'id' | 'sequence'>): string {
  // Type and id hold nothing that JSON would escape; this is written for every message.
  return (
    `{"AcknowledgedMessageType":"${message.type}","AcknowledgedMessageId":"${message.id}",` +
    `"AcknowledgedMessageSequenceNumber":${message.sequence},"IsSequentialMessage":true}`
  )
}

/** As agents write it: parsing the whole JSON would cost as much as all else about an acknowledgement. */
const ACKNOWLEDGED = /^\{[\w":,-]*,"AcknowledgedMessageSequenceNumber":(\d{1,15}),"IsSequentialMessage":true\}$/

/** The sequence number that an acknowledgement is for; undefined when it cannot be read. */
export function readAcknowledgement(payload: Buffer): number | undefined {
  const usual = ACKNOWLEDGED.exec(payload.toString('latin1'))
  if (usual) return Number(usual[1])
  const sequence = parse(payload)?.['AcknowledgedMessageSequenceNumber']
  return typeof sequence === 'number' ? sequence : undefined
}

export function flag(value: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(value)
  return payload
}

export function readFlag(payload: Buffer): number | undefined {
  return payload.length >= 4 ? payload.readUInt32BE(0) : undefined
}

/** Why the service closed the channel, in its own words; empty when it says nothing. */
export function readChannelClosed(payload: Buffer): string {
  const output = parse(payload)?.['Output']
  return typeof output === 'string' ? output : ''
}

export interface HandshakeAction {
  readonly type: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface HandshakeRequest {
  readonly agentVersion: string
  readonly actions: readonly HandshakeAction[]
}

/** Undefined when it cannot be read. */
export function readHandshakeRequest(payload: Buffer): HandshakeRequest | undefined {
  const request = parse(payload)
  const agentVersion = request?.['AgentVersion']
  const actions = request?.['RequestedClientActions']
  if (typeof agentVersion !== 'string' || !Array.isArray(actions)) return undefined
  return {
    agentVersion,
    actions: actions.filter(isRecord).map((action) => ({
      type: typeof action['ActionType'] === 'string' ? action['ActionType'] : '',
      parameters: isRecord(action['ActionParameters']) ? action['ActionParameters'] : {},
    })),
  }
}

export interface HandledAction {
  readonly type: string
  readonly status: 'done' | 'failed' | 'unsupported'
  /** Empty when done. */
  readonly error: string
}

const STATUS = {done: 1, failed: 2, unsupported: 3} as const

export function handshakeResponse(actions: readonly HandledAction[]): string {
  const errors = actions.map(({error}) => error).filter((error) => error !== '')
  return JSON.stringify({
    ClientVersion: CLIENT_VERSION,
    ProcessedClientActions: actions.map(({type, status, error}) => ({
      ActionType: type,
      ActionStatus: STATUS[status],
      ActionResult: null,
      Error: error,
    })),
    Errors: errors.length > 0 ? errors : null,
  })
}

function parse(payload: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString())
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
