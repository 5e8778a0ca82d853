import {beforeEach, describe, expect, it} from 'vitest'
import {type DbtunnelError, fail} from '../../../../../src/core/errors.js'
import type {WebSocketLink} from '../../../../../src/core/ports/network.js'
import {ResumableChannel} from '../../../../../src/links/session/native/resumable-channel.js'
import {ManualClock, settle} from '../../../../support/manual-clock.js'
import {MemoryLink, MemoryWebSockets} from './memory-link.js'

const URL_ = 'wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/alice-1?role=publish_subscribe'
const MESSAGE = Buffer.from('any binary frame')

describe('the resumable channel', () => {
  let clock: ManualClock
  let sockets: MemoryWebSockets
  let life: AbortController
  let channel: ResumableChannel
  let ups: WebSocketLink[]
  let downs: number
  let lost: DbtunnelError[]
  let received: Buffer[]
  let resume: (count: number) => Promise<{tokenValue: string}>
  let resumes: number
  let said: string[]

  function start(streamUrl = URL_): void {
    clock = new ManualClock()
    sockets = new MemoryWebSockets()
    life = new AbortController()
    ups = []
    downs = 0
    lost = []
    received = []
    resumes = 0
    said = []
    resume = (count) => Promise.resolve({tokenValue: `token-${count}`})
    channel = new ResumableChannel(
      {
        aws: {
          ssm: {resumeSession: () => resume(++resumes)},
          signing: {upgradeHeaders: (url) => Promise.resolve({authorization: `signed ${url.length} #${resumes}`})},
        },
        webSocket: sockets,
        clock,
      },
      {
        grant: {sessionId: 'alice-1', tokenValue: 'token-0', streamUrl},
        signal: life.signal,
        say: {notice: (line) => void said.push(line), debug: (line) => void said.push(line)},
        events: {
          up: (link) => void ups.push(link),
          received: (frame) => void received.push(frame),
          down: () => downs++,
          lost: (error) => void lost.push(error),
        },
      },
    )
  }

  /** Opens it, and lets the handshake come in. */
  async function open(): Promise<MemoryLink> {
    await channel.open()
    sockets.latest.deliver(MESSAGE)
    received.length = 0
    return sockets.latest
  }

  function opening(link: MemoryLink): Record<string, string> {
    return JSON.parse(link.sent[0] as string)
  }

  beforeEach(() => start())

  it('opens with a signed upgrade and the token in the first frame', async () => {
    const link = await open()
    expect(sockets.dials).toEqual([{url: URL_, headers: {authorization: `signed ${URL_.length} #0`}}])
    expect(opening(link)).toMatchObject({MessageSchemaVersion: '1.0', TokenValue: 'token-0'})
    expect(ups).toEqual([link])
  })

  it('asks a silent line ever more seldom, and never gives up while new ones open', async () => {
    await open()
    sockets.answer = async () => Object.assign(new MemoryLink(), {alive: false})
    sockets.latest.alive = false
    await clock.advance(3600_000)
    expect(lost).toEqual([])
    expect(resumes).toBeGreaterThan(10)
    expect(resumes).toBeLessThan(30)
    sockets.answer = () => Promise.resolve(new MemoryLink())
    await clock.advance(200_000)
    sockets.latest.deliver(MESSAGE)
    expect(received).toHaveLength(1)
  })

  it('does not sign what is signed already', async () => {
    start(`${URL_}&X-Amz-Signature=abc`)
    await open()
    expect(sockets.dials[0]?.headers).toEqual({})
  })

  it('dials a few times, then says what was in the way', async () => {
    sockets.answer = () => Promise.reject(new Error('HTTP 503 for wss://host/?token=SECRET'))
    const opening = expect(channel.open()).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      message: expect.stringMatching(/HTTP 503 for wss:\/\/host\/\?\*\*\*/),
      hint: expect.stringContaining('ssmmessages.eu-west-1.amazonaws.com'),
    })
    await clock.advance(5000)
    await opening
    expect(sockets.dials).toHaveLength(4)
    expect(clock.sleepers).toBe(0)
  })

  it('does not wait for ever for an upgrade', async () => {
    sockets.answer = (attempt) => (attempt === 1 ? new Promise(() => {}) : Promise.resolve(new MemoryLink()))
    const opened = channel.open()
    await clock.advance(10_500)
    await opened
    expect(sockets.dials).toHaveLength(2)
  })

  it('resumes over a new WebSocket with a fresh token, signature and request, as the same client', async () => {
    const first = await open()
    first.die()
    await clock.advance(0)
    const second = sockets.latest
    expect([downs, ups]).toEqual([1, [first, second]])
    expect(sockets.dials[1]).toEqual({url: URL_, headers: {authorization: `signed ${URL_.length} #1`}})
    expect(opening(second)).toMatchObject({TokenValue: 'token-1', ClientId: opening(first).ClientId})
    expect(opening(second).RequestId).not.toBe(opening(first).RequestId)
    second.deliver(MESSAGE)
    expect(received).toEqual([MESSAGE])
    expect(said.join()).not.toContain('token')
  })

  it('has no ear for a WebSocket that was replaced', async () => {
    const first = await open()
    first.die()
    await clock.advance(0)
    first.deliver(MESSAGE)
    expect(received).toEqual([])
  })

  it('tries for a minute or more, then gives up with the reason', async () => {
    const first = await open()
    sockets.answer = () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:1'))
    first.die(1001, 'Going away')
    await clock.advance(15_000)
    expect(lost).toEqual([])
    await clock.advance(200_000)
    expect(lost).toMatchObject([{code: 'TUNNEL_LOST', hint: 'Run the command again.'}])
    expect(lost[0]?.message).toMatch(/1001 Going away.*ECONNREFUSED/)
    life.abort(new Error('over'))
    await settle()
    expect(clock.sleepers).toBe(0)
  })

  it('gives up at once when AWS refuses, with the hint of the refusal', async () => {
    const first = await open()
    resume = () => Promise.reject(fail('CREDENTIALS_EXPIRED', 'The credentials have expired.', {hint: 'aws sso login'}))
    first.die()
    await clock.advance(0)
    expect(lost).toMatchObject([{code: 'TUNNEL_LOST', hint: 'aws sso login'}])
    expect(lost[0]?.message).toContain('The credentials have expired')
  })

  it('waits out throttling', async () => {
    const first = await open()
    resume = (count) =>
      count < 4 ? Promise.reject(fail('AWS_THROTTLED', 'Slow down.')) : Promise.resolve({tokenValue: 'token'})
    first.die()
    await clock.advance(5000)
    expect(ups).toHaveLength(2)
    expect(lost).toEqual([])
  })

  it('is not kept in a circle by a service that closes every new WebSocket', async () => {
    await open()
    for (let round = 0; round < 20; round++) {
      sockets.latest.die(1008, 'Invalid token')
      await clock.advance(20_000)
    }
    expect(lost).toMatchObject([{code: 'TUNNEL_LOST', message: expect.stringContaining('Invalid token')}])
    expect(sockets.links.length).toBeLessThan(10)
  })

  it('survives any number of closes by the service, an hour apart, with nothing said in between', async () => {
    await open()
    for (let hour = 0; hour < 20; hour++) {
      await clock.advance(61_000)
      sockets.latest.die(1001)
      await clock.advance(1000)
    }
    expect(lost).toEqual([])
    expect(ups).toHaveLength(21)
  })

  it('asks after a silence, and takes any sign for life', async () => {
    const link = await open()
    await clock.advance(60_000)
    expect(link.pings).toBeGreaterThan(3)
    expect(ups).toHaveLength(1)
    const before = link.pings
    for (let second = 0; second < 60; second++) {
      link.deliver(MESSAGE)
      await clock.advance(1000)
    }
    expect(link.pings).toBe(before)
  })

  it('takes a WebSocket without an answer for lost', async () => {
    const first = await open()
    first.alive = false
    await clock.advance(20_000)
    expect(first.closed).toBe(true)
    expect(ups).toHaveLength(2)
  })

  it('takes no silence amiss while nothing is read', async () => {
    const first = await open()
    channel.pause()
    first.alive = false
    await clock.advance(600_000)
    expect([first.paused, ups.length]).toEqual([true, 1])
    channel.resume()
    await clock.advance(5000)
    expect([first.paused, ups.length]).toEqual([false, 1])
  })

  it('keeps a new WebSocket paused while nothing is to be read', async () => {
    const first = await open()
    channel.pause()
    first.die()
    await clock.advance(0)
    expect((ups[1] as MemoryLink).paused).toBe(true)
  })

  describe('after a stop of the process', () => {
    it('check finds a living line and leaves it alone', async () => {
      const first = await open()
      clock.skip(40_000)
      await channel.check()
      await clock.advance(20_000)
      expect([first.closed, ups.length]).toEqual([false, 1])
    })

    it('check replaces a dead line, and resolves when the new one is up', async () => {
      const first = await open()
      first.alive = false
      clock.skip(40_000)
      const checked = channel.check().then(() => ups.length)
      await clock.advance(5000)
      expect(await checked).toBe(2)
    })

    it('check resolves when nothing can be done', async () => {
      const first = await open()
      first.alive = false
      resume = () => Promise.reject(fail('ACCESS_DENIED', 'No.'))
      const checked = channel.check()
      await clock.advance(5000)
      await checked
      expect(lost).toHaveLength(1)
    })

    it('the line is asked even when nobody calls', async () => {
      const first = await open()
      first.deliver(MESSAGE)
      clock.skip(40_000)
      await clock.advance(2500)
      expect(first.pings).toBe(1)
      expect(ups).toHaveLength(1)
    })
  })

  it('closes with a handshake, or without one when nobody answers', async () => {
    const link = await open()
    life.abort(new Error('over'))
    link.alive = false
    const closed = channel.close()
    await clock.advance(300)
    await closed
    expect(link.closed).toBe(true)
    expect([downs, clock.sleepers]).toEqual([0, 0])
  })

  it('ends every attempt with the session', async () => {
    const first = await open()
    resume = () => new Promise(() => {})
    first.die()
    await clock.advance(1)
    life.abort(new Error('over'))
    await settle()
    expect([lost, clock.sleepers]).toEqual([[], 0])
  })

  it('drops a WebSocket that opens too late', async () => {
    let late: (link: MemoryLink) => void = () => {}
    sockets.answer = () => new Promise((resolve) => (late = resolve))
    const opened = expect(channel.open()).rejects.toThrow('over')
    await settle()
    life.abort(fail('TERMINATED', 'over'))
    await opened
    const link = new MemoryLink()
    late(link)
    await settle()
    expect([link.closed, ups]).toEqual([true, []])
  })
})
