import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {overflow} from '../../../../../src/adapters/files/overflow.js'
import {Basic} from '../../../../../src/links/session/native/single.js'
import {Channel} from '../../../../../src/links/session/native/channel.js'
import {InboundFlow} from '../../../../../src/links/session/native/flow-control/inbound-flow.js'
import {decodeMessage, encodeMessage} from '../../../../../src/links/session/native/protocol/message.js'
import {Pace} from '../../../../../src/links/session/native/flow-control/pace.js'
import {ManualClock, settle} from '../../../../support/manual-clock.js'
import {MemoryLink} from './memory-link.js'
import {MemorySocket} from './memory-socket.js'

const DISCONNECT = '[10] 00000001'

describe('one connection at a time', () => {
  let clock: ManualClock
  let life: AbortController
  let link: MemoryLink
  let channel: Channel
  let basic: Basic
  let acknowledging: boolean

  function acknowledge(sequence: number): void {
    const text = JSON.stringify({AcknowledgedMessageSequenceNumber: sequence})
    channel.receive(encodeMessage({type: 'acknowledge', sequence: 0, payloadType: 0, created: 1}, text))
  }

  /** What went out: data as text, other payloads as type and hex. Resent ones once. */
  function sent(): string[] {
    const messages = new Map(
      link.sent.map((frame) => [decodeMessage(frame as Buffer)!.sequence, decodeMessage(frame as Buffer)!]),
    )
    return [...messages.values()].map(({payloadType, payload}) =>
      payloadType === 1 ? payload.toString('latin1') : `[${payloadType}] ${payload.toString('hex')}`,
    )
  }

  function connect(): MemorySocket {
    const socket = new MemorySocket()
    basic.connect(socket)
    return socket
  }

  beforeEach(() => {
    clock = new ManualClock()
    life = new AbortController()
    link = new MemoryLink()
    acknowledging = true
    link.onSend = (frame) => {
      if (acknowledging) acknowledge(decodeMessage(frame as Buffer)!.sequence)
    }
    const {signal} = life
    const flow = new InboundFlow({clock, signal, gate: {backlog: 0, pause: () => {}, resume: () => {}}})
    channel = new Channel({clock, pace: new Pace('unlimited'), signal, events: {received: () => {}, closed: () => {}}})
    basic = new Basic({clock, overflow, signal, flow, channel})
    channel.attach(link)
    channel.carry(basic)
  })

  afterEach(() => life.abort(new Error('over')))

  it('is raw bytes both ways, a single line feed too', async () => {
    const socket = connect()
    socket.say('\n')
    await settle()
    basic.receive(Buffer.from('\n'))
    await settle()
    expect([sent(), socket.text]).toEqual([['\n'], '\n'])
  })

  it('resets a second connection beside the first, so that a cancel request fails and does not hang', async () => {
    const first = connect()
    const second = connect()
    expect([first.wasReset, second.wasReset]).toEqual([false, true])
    first.say('still here')
    await settle()
    expect(sent()).toEqual(['still here'])
  })

  it('keeps what the database said before anybody connected for the first program', async () => {
    basic.receive(Buffer.from('5.7.44'))
    const socket = connect()
    await settle()
    expect(socket.text).toBe('5.7.44')
    expect(() => basic.receive(Buffer.alloc(1024))).not.toThrow()
  })

  it('does not keep without end, and does not forget silently', () => {
    basic.receive(Buffer.alloc(64 * 1024))
    expect(() => basic.receive(Buffer.alloc(1))).toThrow(expect.objectContaining({code: 'PROTOCOL'}))
  })

  it('tells the agent of the end behind the last byte, and lets the next connection wait for that', async () => {
    acknowledging = false
    const first = connect()
    first.say('bye')
    first.sayEnd()
    await settle()
    expect(sent()).toEqual(['bye', DISCONNECT])
    const second = connect()
    second.say('hello')
    await clock.advance(1000)
    expect(sent()).toEqual(['bye', DISCONNECT])
    acknowledging = true
    acknowledge(0)
    acknowledge(1)
    await clock.advance(200)
    expect(sent()).toEqual(['bye', DISCONNECT, 'hello'])
  })

  it('gives the next program nothing of what was meant for the one before', async () => {
    const first = connect()
    first.say('select')
    await settle()
    first.destroy()
    await settle()
    basic.receive(Buffer.from('row 1'))
    const second = connect()
    basic.receive(Buffer.from('row 2'))
    await clock.advance(200)
    basic.receive(Buffer.from('row 3'))
    second.say('hello')
    await settle()
    basic.receive(Buffer.from('welcome'))
    await settle()
    expect([second.text, sent()]).toEqual(['welcome', ['select', DISCONNECT, 'hello']])
  })

  it('leaves nothing running', async () => {
    const socket = connect()
    socket.sayEnd()
    await clock.advance(500)
    expect(clock.sleepers).toBe(0)
  })
})
