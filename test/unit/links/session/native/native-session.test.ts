import {expect, it} from 'vitest'
import {overflow} from '../../../../../src/adapters/files/overflow.js'
import {nativeCarrier} from '../../../../../src/links/session/native/carrier.js'
import {decodeMessage, PAYLOAD} from '../../../../../src/links/session/native/protocol/message.js'
import {encodeMessage as writeAtAgent} from '../../../../sandbox/agent.js'
import {ManualClock} from '../../../../support/manual-clock.js'
import {quietRun} from '../../../../support/native-session.js'
import {type MemoryLink, MemoryWebSockets} from './memory-link.js'
import {MemorySocket} from './memory-socket.js'

const GRANT = {sessionId: 'alice-0bef1fd20049c8339', tokenValue: 'token', streamUrl: 'wss://ssmmessages.invalid/v1/a'}
const REQUEST = JSON.stringify({
  AgentVersion: '3.3.2299.0',
  RequestedClientActions: [
    {
      ActionType: 'SessionType',
      ActionParameters: {SessionType: 'Port', Properties: {type: 'LocalPortForwarding'}},
    },
  ],
})

/** A session whose agent is the test: `say` has it send a payload, `heard` tells the types of what it got. */
async function openWithAgent() {
  const webSocket = new MemoryWebSockets()
  const resumeSession = (): Promise<never> => Promise.reject(new Error('no session is resumed here'))
  const ports = {
    webSocket,
    clock: new ManualClock(),
    aws: {signing: {upgradeHeaders: async () => ({})}, ssm: {resumeSession}},
    overflow,
  }
  const bastion = {id: 'i-0123456789abcdef0'}
  const request = {target: bastion.id, document: 'AWS-StartPortForwardingSessionToRemoteHost', parameters: {}}
  const carry = {
    grant: GRANT,
    bastion,
    region: 'eu-west-1',
    request,
    limits: {webSocketMs: 10_000, handshakeMs: 10_000},
  }
  const opening = nativeCarrier(ports, {uploadBytesPerSecond: 'unlimited'}).open(carry, quietRun())
  while (webSocket.links.length === 0) await new Promise(setImmediate)
  let sequence = 0
  const say = (payloadType: number, text: string): void => {
    const payload = Buffer.from(text)
    webSocket.latest.deliver(
      writeAtAgent({type: 'output_stream_data', sequence: sequence++, flags: 0, payloadType, payload}),
    )
  }
  await new Promise(setImmediate)
  say(PAYLOAD.handshakeRequest, REQUEST)
  say(PAYLOAD.handshakeComplete, '{}')
  return {session: await opening, say, heard: () => payloadTypes(webSocket.latest)}
}

/** Of the stream messages that were sent; texts and acknowledgements are none. */
function payloadTypes({sent}: MemoryLink): readonly number[] {
  return sent.flatMap((frame) => {
    const message = typeof frame === 'string' ? undefined : decodeMessage(frame)
    return message?.type === 'input_stream_data' ? [message.payloadType] : []
  })
}

it('an agent that asks for another handshake, again and again, gets one answer, and connections go on', async () => {
  const {session, say, heard} = await openWithAgent()
  const socket = new MemorySocket()
  session.accept(socket)
  for (let time = 0; time < 1000; time++) say(PAYLOAD.handshakeRequest, REQUEST)
  say(PAYLOAD.handshakeComplete, '{}')
  socket.say('question')
  await new Promise(setImmediate)
  expect(heard().filter((type) => type === PAYLOAD.handshakeResponse)).toHaveLength(1)
  // smux: stream 3, 6 bytes.
  say(PAYLOAD.data, '\x01\x02\x06\x00\x03\x00\x00\x00answer')
  await new Promise(setImmediate)
  expect(socket.text).toBe('answer')
  await session.close()
})
