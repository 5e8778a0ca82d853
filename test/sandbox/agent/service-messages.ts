import {randomUUID} from 'node:crypto'
import {encodeMessage} from './agent-message.js'

/** The agent's words when the client is silent for too long. */
export const HANDSHAKE_TIMED_OUT =
  'Handshake timed out. Please ensure that you have the latest version of the session manager plugin.'

/** What StartSession has granted. */
export interface Grant {
  readonly sessionId: string
  readonly token: string
  /** The machine that the agent runs on; for `fallSilent`. */
  readonly target?: string
  /** Four parts; decides which features the session has. */
  readonly agentVersion: string
  readonly host: string
  readonly port: number
  /** As in the document's parameters; 0 is any. */
  readonly localPort: number
}

/** HandshakeRequest's payload: a port session, and where sessions are encrypted, that. */
export function handshakeRequest(grant: Grant, encrypts: boolean): object {
  const properties = {
    portNumber: String(grant.port),
    type: 'LocalPortForwarding',
    localPortNumber: String(grant.localPort),
    host: grant.host,
  }
  const action = {ActionType: 'SessionType', ActionParameters: {SessionType: 'Port', Properties: properties}}
  return {AgentVersion: grant.agentVersion, RequestedClientActions: encrypts ? [action, KMS_ENCRYPTION] : [action]}
}

const KMS_ENCRYPTION = {
  ActionType: 'KMSEncryption',
  ActionParameters: {KMSKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000001'},
}

/** channel_closed, with the service's short header. */
export function channelClosed(sessionId: string, output: string, nulPadding: boolean): Buffer {
  const id = randomUUID()
  const content = {
    MessageType: 'channel_closed',
    MessageId: id,
    DestinationId: randomUUID(),
    SessionId: sessionId,
    SchemaVersion: 1,
    CreatedDate: new Date().toISOString(),
    Output: output,
  }
  const payload = Buffer.from(JSON.stringify(content))
  return encodeMessage({
    type: 'channel_closed',
    sequence: 0,
    flags: 3,
    payloadType: 0,
    payload,
    id,
    headerLength: 112,
    nulPadding,
  })
}
