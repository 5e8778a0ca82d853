import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {Channel, type PayloadSource} from '../../../../../src/links/session/native/channel.js'
import {ByteQueue} from '../../../../../src/links/session/native/flow-control/byte-queue.js'
import {decodeMessage, encodeMessage} from '../../../../../src/links/session/native/protocol/message.js'
import {Pace} from '../../../../../src/links/session/native/flow-control/pace.js'
import {
  decodeMessage as readAtAgent,
  encodeMessage as writeAtAgent,
  type Incoming,
  Channel as AgentChannel,
} from '../../../../sandbox/agent.js'
import {ManualClock} from '../../../../support/manual-clock.js'
import {MemoryLink} from './memory-link.js'
import {recorded} from './vectors.js'

/** A source of raw bytes. */
class Bytes implements PayloadSource {
  readonly queue = new ByteQueue()

  get ready(): boolean {
    return this.queue.length > 0
  }

  fill(payload: Buffer): number {
    return this.queue.read(payload)
  }
}

function channelOf(clock = new ManualClock(), rate: number | 'unlimited' = 'unlimited') {
  const source = new Bytes()
  const received: {type: number; text: string}[] = []
  const told: string[] = []
  const life = new AbortController()
  const channel = new Channel({
    clock,
    pace: new Pace(rate),
    signal: life.signal,
    events: {
      received: (type, payload) => void received.push({type, text: payload.toString('latin1')}),
      closed: (output) => void told.push(output),
    },
  })
  return {channel, source, received, told, clock, life}
}

function output(sequence: number, text: string): Buffer {
  const payload = Buffer.from(text)
  return writeAtAgent({type: 'output_stream_data', sequence, flags: 0, payloadType: 1, payload})
}

/** Types, sequence numbers and payloads of what was sent. */
function sent(link: MemoryLink): {type: string; sequence: number; text: string}[] {
  return link.sent.map((frame) => {
    const {type, sequence, payload} = decodeMessage(frame as Buffer)!
    return {type, sequence, text: payload.toString('latin1')}
  })
}

function acknowledge(channel: Channel, sequence: number): void {
  const text = JSON.stringify({AcknowledgedMessageSequenceNumber: sequence})
  channel.receive(encodeMessage({type: 'acknowledge', sequence: 0, payloadType: 0, created: 1}, text))
}

describe('an agent', () => {
  it('is unheard while it acknowledges nothing of what it was sent, and says nothing', async () => {
    const {channel, source, clock, life} = channelOf()
    channel.attach(new MemoryLink())
    channel.carry(source)
    await clock.advance(60_000)
    expect(channel.unheardMs).toBe(0)
    source.queue.push(Buffer.from('question'))
    channel.pump()
    await clock.advance(700)
    // Sent again meanwhile.
    expect(channel.unheardMs).toBe(700)
    channel.receive(output(0, 'still here'))
    expect(channel.unheardMs).toBe(0)
    await clock.advance(300)
    expect(channel.unheardMs).toBe(300)
    acknowledge(channel, 0)
    await clock.advance(60_000)
    expect(channel.unheardMs).toBe(0)
    life.abort()
  })

  it('is not to blame while there is no line to it, nor for what was sent on another', async () => {
    const {channel, source, clock, life} = channelOf()
    channel.attach(new MemoryLink())
    channel.carry(source)
    source.queue.push(Buffer.from('question'))
    channel.pump()
    await clock.advance(500)
    channel.detach()
    await clock.advance(500)
    expect(channel.unheardMs).toBe(0)
    channel.attach(new MemoryLink())
    await clock.advance(200)
    expect(channel.unheardMs).toBe(200)
    life.abort()
  })
})

describe('what comes in', () => {
  it('is delivered, then acknowledged; once, however often it comes', () => {
    const {channel, received} = channelOf()
    const link = new MemoryLink()
    link.onSend = () => expect(received).toHaveLength(1)
    channel.attach(link)
    const frame = output(0, 'one')
    channel.receive(frame)
    channel.receive(frame)
    expect(received).toEqual([{type: 1, text: 'one'}])
    expect(sent(link)).toHaveLength(2)
    const id = decodeMessage(frame)!.id
    for (const {type, text} of sent(link)) {
      expect(type).toBe('acknowledge')
      expect(JSON.parse(text)).toMatchObject({AcknowledgedMessageId: id, AcknowledgedMessageSequenceNumber: 0})
    }
  })

  it('is not delivered again after a resume when only its acknowledgement was lost', () => {
    const {channel, received} = channelOf()
    channel.receive(output(0, 'one'))
    const link = new MemoryLink()
    channel.attach(link)
    channel.receive(output(0, 'one'))
    channel.receive(output(1, 'two'))
    expect(received.map(({text}) => text)).toEqual(['one', 'two'])
    expect(sent(link)).toHaveLength(2)
  })

  it('is dropped without an acknowledgement when its digest is wrong', () => {
    const {channel, received} = channelOf()
    const link = new MemoryLink()
    channel.attach(link)
    const broken = output(0, 'one')
    broken[120]! ^= 1
    channel.receive(broken)
    channel.receive(Buffer.from('nonsense'))
    channel.receive(recorded('flag TerminateSession'))
    expect([received, link.sent]).toEqual([[], []])
    channel.receive(output(0, 'one'))
    expect(received).toHaveLength(1)
  })

  it('too early waits in memory of its own, and holds none of what else came with it', () => {
    const {channel, received} = channelOf()
    channel.attach(new MemoryLink())
    // As much as one look at a socket brings, of which the message is the least part.
    const piece = Buffer.alloc(64 * 1024)
    const length = output(1, 'early').copy(piece)
    channel.receive(piece.subarray(0, length))
    piece.fill(0)
    channel.receive(output(0, 'first'))
    expect(received.map(({text}) => text)).toEqual(['first', 'early'])
  })

  it('closes the channel in the words of the service', () => {
    const {channel, told} = channelOf()
    channel.receive(recorded('channel_closed (header length 112)'))
    expect(told).toEqual(['bye'])
  })
})

describe('what goes out', () => {
  it('is cut into payloads of 1 KiB at most, and a single line feed stays one', () => {
    const {channel, source} = channelOf()
    const link = new MemoryLink()
    channel.attach(link)
    channel.carry(source)
    source.queue.push(Buffer.alloc(2500, 'x'))
    channel.pump()
    source.queue.push(Buffer.from('0a', 'hex'))
    channel.pump()
    expect(sent(link).map(({text}) => text.length)).toEqual([1024, 1024, 452, 1])
    expect(sent(link).at(-1)?.text).toBe('\n')
  })

  it('waits for room in the window', () => {
    const {channel, source} = channelOf()
    const link = new MemoryLink()
    channel.attach(link)
    channel.carry(source)
    source.queue.push(Buffer.alloc(1024 * 1024))
    channel.pump()
    expect(link.sent).toHaveLength(64)
    acknowledge(channel, 0)
    expect(link.sent.length).toBeGreaterThan(64)
  })

  it('waits for a WebSocket, and is sent again over the next one until it is acknowledged', () => {
    const {channel, source} = channelOf()
    channel.carry(source)
    channel.send(6, 'response')
    source.queue.push(Buffer.from('data'))
    channel.pump()
    const [first, second, third] = [new MemoryLink(), new MemoryLink(), new MemoryLink()]
    channel.attach(first)
    channel.detach()
    channel.attach(second)
    acknowledge(channel, 0)
    channel.detach()
    channel.attach(third)
    expect(sent(first).map(({text}) => text)).toEqual(['response', 'data'])
    expect(sent(second)).toEqual(sent(first))
    expect(sent(third)).toEqual(sent(first).slice(1))
  })

  it('is sent again after a while without an acknowledgement, the same bytes', async () => {
    const {channel, source, clock} = channelOf()
    const link = new MemoryLink()
    channel.attach(link)
    channel.carry(source)
    source.queue.push(Buffer.from('data'))
    channel.pump()
    await clock.advance(250)
    expect(link.sent).toEqual([link.sent[0], link.sent[0]])
    acknowledge(channel, 0)
    await clock.advance(10_000)
    expect(link.sent).toHaveLength(2)
    expect(clock.sleepers).toBe(0)
  })

  it('keeps to the pace, resent messages too', async () => {
    const {channel, source, clock} = channelOf(new ManualClock(), 100 * 1024)
    channel.carry(source)
    source.queue.push(Buffer.alloc(64 * 1024))
    const link = new MemoryLink()
    link.onSend = (frame) => acknowledge(channel, decodeMessage(frame as Buffer)!.sequence)
    channel.attach(link)
    await clock.advance(300)
    expect(link.sent.length).toBeGreaterThan(30)
    expect(link.sent.length).toBeLessThanOrEqual(8 + 30 + 1)
    expect(sent(link).reduce((sum, {text}) => sum + text.length, 0)).toBe(link.sent.length * 1024)
  })

  it('ends its timers with the session', async () => {
    const {channel, source, clock, life} = channelOf(new ManualClock(), 1)
    channel.attach(new MemoryLink())
    channel.carry(source)
    source.queue.push(Buffer.alloc(64 * 1024))
    channel.pump()
    expect(clock.sleepers).toBeGreaterThan(0)
    life.abort(new Error('over'))
    await clock.advance(10_000)
    expect(clock.sleepers).toBe(0)
  })
})

type Fate = 'pass' | 'drop' | 'double' | 'swap'
type Step = {client: number} | {agent: number} | {pass: Fate[]} | {wait: number} | {cut: true}

const step = fc.oneof(
  {weight: 3, arbitrary: fc.record({client: fc.integer({min: 1, max: 5000})})},
  {weight: 3, arbitrary: fc.record({agent: fc.integer({min: 1, max: 5000})})},
  {
    weight: 6,
    arbitrary: fc.record({
      pass: fc.array(fc.constantFrom<Fate>('pass', 'pass', 'pass', 'drop', 'double', 'swap'), {maxLength: 12}),
    }),
  },
  {weight: 2, arbitrary: fc.record({wait: fc.integer({min: 1, max: 1500})})},
  {weight: 1, arbitrary: fc.record({cut: fc.constant(true as const)})},
)

/** One direction of a line that drops, doubles and exchanges messages. */
class Lane {
  readonly flying: Buffer[] = []
  readonly #arrive: (message: Buffer) => void

  constructor(arrive: (message: Buffer) => void) {
    this.#arrive = arrive
  }

  pass(fate: Fate): void {
    if (fate === 'swap' && this.flying.length > 1) this.flying.push(this.flying.shift()!)
    const message = this.flying.shift()
    if (!message || fate === 'drop') return
    this.#arrive(message)
    if (fate === 'double') this.#arrive(message)
  }
}

describe('over a line that drops, doubles, exchanges and breaks', () => {
  it('both byte streams arrive exactly as they were sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, {minLength: 5, maxLength: 40}), async (steps: Step[]) => {
        const clock = new ManualClock()
        const {channel, source, received} = channelOf(clock)
        const atAgent: Buffer[] = []
        const agent = new AgentChannel({
          nulPadding: () => false,
          transmit: (message) => void down.flying.push(message),
          mayDeliver: () => true,
          deliver: ({payload}) => void atAgent.push(payload),
          onDuplicate: () => {},
          onResend: () => {},
        })
        const up = new Lane((bytes) => {
          const message: Incoming = readAtAgent(bytes)
          if (message.type === 'acknowledge') agent.acknowledged(message.payload)
          else agent.receive(message)
        })
        const down = new Lane((message) => channel.receive(message))
        const dial = (): void => {
          up.flying.length = 0
          down.flying.length = 0
          const link = new MemoryLink()
          link.onSend = (message) => void up.flying.push(message as Buffer)
          channel.attach(link)
          agent.resendAll()
        }
        let written = 0
        const fresh = (length: number): Buffer => Buffer.from(Array.from({length}, () => written++ % 251))
        const sentByClient: Buffer[] = []
        const sentByAgent: Buffer[] = []

        channel.carry(source)
        dial()
        for (const one of steps) {
          if ('client' in one) {
            const bytes = fresh(one.client)
            sentByClient.push(bytes)
            source.queue.push(bytes)
            channel.pump()
          } else if ('agent' in one) {
            const bytes = fresh(Math.min(one.agent, 1024))
            sentByAgent.push(bytes)
            agent.send(1, bytes)
          } else if ('pass' in one) {
            for (const fate of one.pass) {
              up.pass(fate)
              down.pass(fate)
            }
          } else if ('wait' in one) {
            await clock.advance(one.wait)
            agent.resendAll()
          } else {
            channel.detach()
            dial()
          }
        }
        // The line heals.
        for (let round = 0; round < 60; round++) {
          while (up.flying.length + down.flying.length > 0) {
            up.pass('pass')
            down.pass('pass')
          }
          if (round % 10 === 9) agent.resendAll()
          await clock.advance(1000)
        }
        expect(Buffer.concat(atAgent).equals(Buffer.concat(sentByClient))).toBe(true)
        const here = Buffer.from(received.map(({text}) => text).join(''), 'latin1')
        expect(here.equals(Buffer.concat(sentByAgent))).toBe(true)
        // All acknowledged: nothing left running.
        expect(clock.sleepers).toBe(0)
      }),
      {numRuns: 60},
    )
  })
})
