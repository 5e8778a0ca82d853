import type {WebSocketLink, WebSocketPort} from '../../../src/core/ports/network.js'
import {decodeMessage, FLAG, type Incoming, PAYLOAD} from '../agent/agent-message.js'

/** What the plugin's output depends on and the engine keeps to itself. */
export interface Observer {
  /** The agent's HandshakeRequest. */
  onHandshake(agentVersion: string, localPort: number): void
  onFailedDial(): void
  onChannelClosed(output: string): void
  onLost(): void
  /** There is another WebSocket. */
  onBack(): void
  /** Whether what programs send goes out. */
  sends(): boolean
}

/** Looks at each message before the engine does, and holds back what the plugin would not send. */
export function observe(port: WebSocketPort, observer: Observer): WebSocketPort {
  let next = 0
  const look = (message: Incoming): void => {
    if (message.type === 'channel_closed') {
      const {Output} = JSON.parse(message.payload.toString()) as {Output?: string}
      return observer.onChannelClosed(Output ?? '')
    }
    // Sent again, or out of order: what matters here is sent in quiet moments.
    if (message.type !== 'output_stream_data' || message.sequence < next) return
    next = message.sequence + 1
    if (message.payloadType === PAYLOAD.handshakeRequest) {
      const {agentVersion, localPort} = readHandshake(message.payload)
      observer.onHandshake(agentVersion, localPort)
    }
    const isFlag = message.payloadType === PAYLOAD.flag
    if (isFlag && message.payload.readUInt32BE() === FLAG.connectToPortError) observer.onFailedDial()
  }
  return {
    async connect(url, headers, signal) {
      const link = await port.connect(url, headers, signal)
      observer.onBack()
      const onMessage: WebSocketLink['onMessage'] = (callback) =>
        link.onMessage((data) => {
          if (typeof data !== 'string') look(decodeMessage(Buffer.from(data)))
          callback(data)
        })
      const onClose: WebSocketLink['onClose'] = (callback) =>
        link.onClose((why) => {
          observer.onLost()
          callback(why)
        })
      const send: WebSocketLink['send'] = (data) => {
        if (observer.sends() || !isOfPrograms(data)) link.send(data)
      }
      return Object.assign(Object.create(link) as WebSocketLink, {onMessage, onClose, send})
    },
  }
}

function isOfPrograms(data: Uint8Array | string): boolean {
  if (typeof data === 'string') return false
  const {type, payloadType} = decodeMessage(Buffer.from(data))
  return type === 'input_stream_data' && payloadType === PAYLOAD.data
}

function readHandshake(payload: Buffer): {agentVersion: string; localPort: number} {
  const {AgentVersion, RequestedClientActions} = JSON.parse(payload.toString()) as {
    AgentVersion: string
    RequestedClientActions: {ActionParameters: {Properties?: {localPortNumber?: string}}}[]
  }
  const properties = RequestedClientActions[0]?.ActionParameters.Properties
  return {agentVersion: AgentVersion, localPort: Number(properties?.localPortNumber || 0)}
}
