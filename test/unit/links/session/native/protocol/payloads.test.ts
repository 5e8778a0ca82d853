import {describe, expect, it} from 'vitest'
import {answerHandshake} from '../../../../../../src/links/session/native/protocol/handshake.js'
import {decodeMessage} from '../../../../../../src/links/session/native/protocol/message.js'
import {
  acknowledgement,
  CLIENT_VERSION,
  FLAG,
  flag,
  handshakeResponse,
  openDataChannel,
  readAcknowledgement,
  readChannelClosed,
  readFlag,
  readHandshakeRequest,
} from '../../../../../../src/links/session/native/protocol/payloads.js'
import {recorded, vectors} from '../vectors.js'

function payloadOf(name: string): Buffer {
  return decodeMessage(recorded(name))!.payload
}

/** Only the version is ours. */
function asPlugin(text: string): string {
  return text.replaceAll(`"${CLIENT_VERSION}"`, '"1.2.677.0"')
}

describe('payloads recorded from the real plugin, byte for byte', () => {
  it('OpenDataChannel', () => {
    const {text = ''} = vectors.find(({name}) => name.startsWith('OpenDataChannel'))!
    const {RequestId: requestId, TokenValue: tokenValue, ClientId: clientId} = JSON.parse(text)
    expect(asPlugin(openDataChannel({requestId, tokenValue, clientId}))).toBe(text)
  })

  it('acknowledge', () => {
    const request = decodeMessage(recorded('HandshakeRequest'))!
    const payload = payloadOf('acknowledge of HandshakeRequest')
    expect(acknowledgement(request)).toBe(payload.toString())
    expect(readAcknowledgement(payload)).toBe(0)
  })

  it('HandshakeRequest and HandshakeResponse', () => {
    const request = payloadOf('HandshakeRequest')
    expect(readHandshakeRequest(request)).toMatchObject({agentVersion: '3.3.2299.0', actions: [{type: 'SessionType'}]})
    const {response, refusal, features} = answerHandshake(request)
    expect(asPlugin(response)).toBe(payloadOf('HandshakeResponse').toString())
    expect(refusal).toBeUndefined()
    expect(features).toEqual({multiplexed: true, needsKeepalive: false})
  })

  it('flags', () => {
    expect(flag(FLAG.terminateSession)).toEqual(payloadOf('flag TerminateSession'))
    expect(readFlag(payloadOf('flag ConnectToPortError'))).toBe(FLAG.connectToPortError)
  })

  it('channel_closed', () => {
    expect(readChannelClosed(payloadOf('channel_closed (header length 112)'))).toBe('bye')
  })
})

describe('the version that we report', () => {
  it('has four parts and is above what the service and agents ask for', () => {
    const parts = CLIENT_VERSION.split('.').map(Number)
    expect(parts).toHaveLength(4)
    expect(parts[0]! * 1e6 + parts[1]! * 1e4 + parts[2]!).toBeGreaterThan(1e6 + 2e4 + 764)
  })
})

describe('what cannot be read', () => {
  it('is no answer instead of an exception', () => {
    for (const text of ['', '{', '[]', 'null', '7', '{"AcknowledgedMessageSequenceNumber":"7","Output":7}']) {
      const payload = Buffer.from(text)
      expect(readAcknowledgement(payload)).toBeUndefined()
      expect(readHandshakeRequest(payload)).toBeUndefined()
      expect(readChannelClosed(payload)).toBe('')
    }
    expect(readFlag(Buffer.from([0, 0, 3]))).toBeUndefined()
  })
})

describe('handshakes that are not for us', () => {
  function answer(actions: unknown): ReturnType<typeof answerHandshake> {
    return answerHandshake(Buffer.from(JSON.stringify({AgentVersion: '3.3.0.0', RequestedClientActions: actions})))
  }

  it('an interactive shell is refused by name, and the agent is told', () => {
    const {response, refusal} = answer([
      {ActionType: 'SessionType', ActionParameters: {SessionType: 'Standard_Stream', Properties: {}}},
    ])
    expect(refusal).toMatchObject({code: 'PROTOCOL', message: expect.stringContaining('Standard_Stream')})
    const told = JSON.parse(response)
    expect(told.ProcessedClientActions).toMatchObject([{ActionType: 'SessionType', ActionStatus: 2}])
    expect(told.Errors).toHaveLength(1)
  })

  it('an action that we do not know is unsupported', () => {
    const {response, refusal} = answer([
      {
        ActionType: 'SessionType',
        ActionParameters: {SessionType: 'Port', Properties: {type: 'LocalPortForwarding'}},
      },
      {ActionType: 'KMSEncryption', ActionParameters: {}},
    ])
    expect(refusal).toMatchObject({code: 'PROTOCOL'})
    expect(JSON.parse(response).ProcessedClientActions).toMatchObject([{ActionStatus: 1}, {ActionStatus: 3}])
  })

  it('nothing asked for is refused, and what cannot be read too', () => {
    expect(answer([]).refusal).toMatchObject({code: 'PROTOCOL'})
    expect(() => answerHandshake(Buffer.from('hello'))).toThrow(expect.objectContaining({code: 'PROTOCOL'}))
  })

  it('a hostile name does not reach the terminal', () => {
    const {refusal} = answer([{ActionType: '\u001b[2J', ActionParameters: {}}])
    expect(refusal?.message).not.toContain('\u001b')
  })

  it('answers what it was asked, with no error when all is well', () => {
    expect(JSON.parse(handshakeResponse([{type: 'SessionType', status: 'done', error: ''}])).Errors).toBeNull()
  })
})
