import fc from 'fast-check'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {overflow} from '../../../../../src/adapters/files/overflow.js'
import {InboundFlow} from '../../../../../src/links/session/native/flow-control/inbound-flow.js'
import {Mux} from '../../../../../src/links/session/native/mux.js'
import {FrameReader, writeFrameHeader} from '../../../../../src/links/session/native/protocol/smux.js'
import {ManualClock, settle} from '../../../../support/manual-clock.js'
import {MemorySocket} from './memory-socket.js'

const GATE = {backlog: 0, pause: () => {}, resume: () => {}}

/** The agent's end: what it makes of the payloads, and what it sends. */
class Agent {
  readonly events: string[] = []
  readonly bytes = new Map<number, Buffer>()
  readonly mux: Mux
  readonly #frames = new FrameReader({
    opened: (stream) => void this.events.push(`open ${stream}`),
    pushed: (stream, bytes) => {
      this.events.push(`push ${stream}`)
      this.bytes.set(stream, Buffer.concat([this.bytes.get(stream) ?? Buffer.alloc(0), bytes]))
    },
    ended: (stream) => void this.events.push(`end ${stream}`),
  })

  constructor(mux: Mux) {
    this.mux = mux
  }

  /** Takes up to so many messages. */
  take(most = Infinity): void {
    for (let count = 0; count < most && this.mux.ready; count++) {
      const payload = Buffer.alloc(1024)
      const length = this.mux.fill(payload)
      expect(length).toBeGreaterThan(0)
      this.#frames.read(payload.subarray(0, length))
    }
  }

  text(stream: number): string | undefined {
    return this.bytes.get(stream)?.toString('latin1')
  }

  push(stream: number, bytes: string | Buffer): void {
    this.mux.receive(frame(2, stream, Buffer.from(bytes)))
  }

  end(stream: number): void {
    this.mux.receive(frame(1, stream))
  }
}

function frame(command: 1 | 2, stream: number, bytes = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(8)
  writeFrameHeader(header, command, stream, bytes.length)
  return Buffer.concat([header, bytes])
}

describe('the multiplexer', () => {
  let clock: ManualClock
  let life: AbortController
  let flow: InboundFlow
  let mux: Mux
  let agent: Agent
  let pumped: number

  function start(keepalive = false): void {
    clock = new ManualClock()
    life = new AbortController()
    flow = new InboundFlow({clock, signal: life.signal, gate: GATE})
    pumped = 0
    mux = new Mux({clock, overflow, signal: life.signal, flow, keepalive, pump: () => pumped++})
    agent = new Agent(mux)
  }

  function connect(): MemorySocket {
    const socket = new MemorySocket()
    mux.connect(socket)
    return socket
  }

  beforeEach(() => start())
  afterEach(() => life.abort(new Error('over')))

  it('opens one stream a connection, with odd numbers from 3', async () => {
    const [first, second] = [connect(), connect()]
    first.say('one')
    second.say('two')
    await settle()
    agent.take()
    expect([...agent.events].sort()).toEqual(['open 3', 'open 5', 'push 3', 'push 5'])
    expect([agent.text(3), agent.text(5)]).toEqual(['one', 'two'])
    expect(pumped).toBeGreaterThan(0)
  })

  it('opens the stream before the program has said anything, for a database that speaks first', () => {
    connect()
    agent.take()
    expect(agent.events).toEqual(['open 3'])
  })

  it('lets a small request go second, not last, behind an upload', async () => {
    const [upload, request] = [connect(), connect()]
    agent.take()
    upload.say(Buffer.alloc(100_000))
    await settle()
    agent.take(5)
    request.say('select 1')
    await settle()
    agent.take(2)
    expect(agent.text(5)).toBe('select 1')
  })

  it('keeps little in memory of what a stalled program leaves unread, and loses none of it', async () => {
    const socket = connect()
    socket.stall()
    agent.take()
    const piece = Buffer.alloc(32 * 1024)
    for (let count = 0; count < 512; count++) {
      agent.push(3, piece.fill(count))
      await settle()
    }
    const [reader] = flow.readers
    expect(reader?.waiting).toBe(512 * piece.length)
    expect(reader!.waiting - reader!.onDisk).toBeLessThan(640 * 1024)
    socket.goOn()
    while (reader?.waiting) await settle()
    const taken = Buffer.concat(socket.taken)
    for (let count = 0; count < 512; count++) {
      expect(taken.subarray(count * piece.length, (count + 1) * piece.length).equals(piece.fill(count))).toBe(true)
    }
  })

  it('lets uploads take turns', async () => {
    const uploads = [connect(), connect(), connect()]
    agent.take()
    for (const upload of uploads) upload.say(Buffer.alloc(100_000))
    await settle()
    agent.take(9)
    expect([3, 5, 7].map((stream) => agent.bytes.get(stream)?.length)).toEqual(Array(3).fill(3 * 1016))
  })

  it('stops reading from a program while the network takes nothing', async () => {
    const socket = connect()
    agent.take()
    for (let chunk = 0; chunk < 10; chunk++) {
      socket.say(Buffer.alloc(64 * 1024, chunk))
      await settle()
    }
    expect(socket.isPaused()).toBe(true)
    agent.take(70)
    await settle()
    expect(agent.bytes.get(3)?.length).toBeLessThan(128 * 1024)
    for (let round = 0; round < 10; round++) {
      agent.take()
      await settle()
    }
    expect(agent.bytes.get(3)?.length).toBe(640 * 1024)
    expect(socket.isPaused()).toBe(false)
  })

  it('keeps a half-close to itself until the database has answered and hung up', async () => {
    const socket = connect()
    socket.say('question')
    socket.sayEnd()
    await settle()
    agent.take()
    expect(agent.events).toEqual(['open 3', 'push 3'])
    agent.push(3, 'a long ')
    agent.push(3, 'answer')
    agent.end(3)
    await settle()
    agent.take()
    expect(socket.text).toBe('a long answer')
    expect([socket.writableFinished, socket.wasReset]).toEqual([true, false])
    expect(agent.events.at(-1)).toBe('end 3')
  })

  it('finds out that a program which seemed to half-close has gone', async () => {
    const socket = connect()
    socket.sayEnd()
    await clock.advance(20_000)
    agent.take()
    expect(agent.events).toEqual(['open 3'])
    socket.broken = true
    await clock.advance(20_000)
    agent.take()
    expect(agent.events).toEqual(['open 3', 'end 3'])
    expect(clock.sleepers).toBe(0)
  })

  it('sends what a program said before it went, then the end', async () => {
    const socket = connect()
    socket.say('X')
    await settle()
    socket.destroy()
    await settle()
    agent.take()
    expect(agent.events).toEqual(['open 3', 'push 3', 'end 3'])
    expect(flow.readers.size).toBe(0)
    agent.push(3, 'too late')
    expect(mux.ready).toBe(false)
  })

  it('hands over all bytes, then the end, when the database hangs up; a slow program too', async () => {
    const socket = connect()
    agent.take()
    socket.stall()
    for (const letter of 'abcd') {
      agent.push(3, Buffer.alloc(30_000, letter))
      await settle()
    }
    agent.end(3)
    await settle()
    agent.take()
    expect(agent.events.at(-1)).toBe('end 3')
    expect(socket.writableFinished).toBe(false)
    socket.goOn()
    await settle()
    expect(socket.text).toBe([...'abcd'].map((letter) => letter.repeat(30_000)).join(''))
    expect(socket.writableFinished).toBe(true)
  })

  it('takes no more from a program once the database has hung up', async () => {
    const socket = connect()
    agent.take()
    socket.say('too late')
    await settle()
    agent.end(3)
    await settle()
    agent.take()
    socket.say('to nobody')
    await settle()
    expect(mux.ready).toBe(false)
    expect(agent.text(3)).toBeUndefined()
  })

  it('resets the connection that the agent could not make, and no other', async () => {
    const [talking, refused, quiet] = [connect(), connect(), connect()]
    agent.take()
    agent.push(3, 'hello')
    mux.refused()
    agent.end(3)
    agent.end(5)
    agent.end(7)
    await settle()
    expect([talking.wasReset, refused.wasReset, quiet.wasReset]).toEqual([false, true, false])
    expect([talking.text, talking.writableFinished, quiet.writableFinished]).toEqual(['hello', true, true])
  })

  it('sends a keepalive every 10 s to an agent that wants one', async () => {
    start(true)
    await clock.advance(9_999)
    expect(mux.ready).toBe(false)
    await clock.advance(1)
    const payload = Buffer.alloc(1024)
    expect(payload.subarray(0, mux.fill(payload)).toString('hex')).toBe('0103000000000000')
    expect(mux.ready).toBe(false)
    await clock.advance(10_000)
    expect(mux.ready).toBe(true)
  })

  it('has nothing to do with streams that it does not know', () => {
    agent.push(99, 'x')
    agent.end(99)
    expect(mux.ready).toBe(false)
  })

  it('shows a stalled program to the flow, and what waits for it', async () => {
    const socket = connect()
    agent.take()
    socket.stall()
    for (let count = 0; count < 40; count++) {
      agent.push(3, Buffer.alloc(32_000))
      await settle()
    }
    const [reader] = flow.readers
    expect(reader?.waiting).toBe(40 * 32_000)
    expect(reader?.stalled(clock.now() + 1999)).toBe(false)
    expect(reader?.stalled(clock.now() + 2000)).toBe(true)
    // It takes some every 5 s: slow, not stalled.
    clock.skip(5000)
    for (let count = 0; count < 2; count++) {
      socket.takeOne()
      await settle()
    }
    expect(reader?.stalled(clock.now() + 9999)).toBe(false)
    expect(reader?.stalled(clock.now() + 10_000)).toBe(true)
  })

  it('cuts a stalled program off: the agent is told, and it sees a reset behind what it had been given', async () => {
    const socket = connect()
    agent.take()
    socket.stall()
    for (const letter of 'abcd') {
      agent.push(3, Buffer.alloc(40_000, letter))
      await settle()
    }
    const [reader] = flow.readers
    reader?.cutOff()
    expect(reader?.waiting).toBe(0)
    agent.take()
    expect(agent.events.at(-1)).toBe('end 3')
    agent.push(3, 'and more')
    await clock.advance(60_000)
    expect([socket.wasReset, socket.text]).toEqual([false, ''])
    socket.goOn()
    await clock.advance(999)
    expect(socket.text).toMatch(/^a{40000}(b{40000})?$/)
    expect([socket.wasReset, socket.writableEnded]).toEqual([false, false])
    await clock.advance(1)
    expect(socket.wasReset).toBe(true)
    expect(flow.readers.size).toBe(0)
  })

  it('carries every byte of many connections both ways, in order', async () => {
    const act = fc.record({
      at: fc.integer({min: 0, max: 4}),
      up: fc.uint8Array({maxLength: 3000}),
      down: fc.uint8Array({maxLength: 3000}),
      cut: fc.integer({min: 1, max: 1024}),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(act, {maxLength: 30}), async (acts) => {
        start()
        const sockets = Array.from({length: 5}, () => connect())
        const up = sockets.map(() => [] as Uint8Array[])
        const down = sockets.map(() => [] as Uint8Array[])
        for (const one of acts) {
          if (one.up.length > 0) sockets[one.at]!.say(Buffer.from(one.up))
          up[one.at]!.push(one.up)
          down[one.at]!.push(one.down)
          const bytes = frame(2, 3 + 2 * one.at, Buffer.from(one.down))
          mux.receive(bytes.subarray(0, one.cut))
          mux.receive(bytes.subarray(one.cut))
          await settle()
          agent.take(2)
        }
        agent.take()
        await settle()
        sockets.forEach((socket, at) => {
          expect(socket.text).toBe(Buffer.concat(down[at]!).toString('latin1'))
          expect(agent.text(3 + 2 * at) ?? '').toBe(Buffer.concat(up[at]!).toString('latin1'))
        })
      }),
      {numRuns: 30},
    )
  })
})
