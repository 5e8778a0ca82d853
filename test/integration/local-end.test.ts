import {createHash, randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {dialPort} from '../../src/adapters/network/dial.js'
import {listenPort} from '../../src/adapters/network/listen.js'
import {type LocalEnd, openLocalEnd} from '../../src/tunnel/listener/listener.js'
import {relayTo} from '../../src/links/session/plugin/relay.js'
import {ManualClock, settle} from '../support/manual-clock.js'
import {until} from '../support/until.js'

const MEBIBYTE = 1024 * 1024
/** The kernel's buffers of two connections, and Node's. */
const MOST_ON_THE_WAY = 24 * MEBIBYTE

const opened: {close(): unknown}[] = []
const sockets = new Set<Socket>()
let clock: ManualClock

beforeEach(() => {
  clock = new ManualClock()
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  for (const one of opened.splice(0)) await one.close()
})

function keep(socket: Socket): Socket {
  sockets.add(socket)
  return socket.on('error', () => {})
}

/** Stands for the plugin: a program that listens; what it does with each connection is the test's affair. */
async function far(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({allowHalfOpen: true}, (socket) => onConnection(keep(socket)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({close: () => server.close()})
  return (server.address() as AddressInfo).port
}

async function localEnd(port = 0): Promise<LocalEnd> {
  const one = await openLocalEnd(port, {listen: listenPort, clock})
  opened.push(one)
  return one
}

/** A local end with a relay behind it, as in front of the plugin. */
async function doorTo(port: number): Promise<LocalEnd> {
  const front = await localEnd()
  front.lead(relayTo(port, dialPort).accept)
  return front
}

/** Both ends of one connection through a local end and a relay. */
async function ends(): Promise<{near: Socket; farSide: Socket; front: LocalEnd}> {
  let arrived!: (socket: Socket) => void
  const arrival = new Promise<Socket>((resolve) => (arrived = resolve))
  const front = await doorTo(await far(arrived))
  const near = await dial(front)
  return {near, farSide: await arrival, front}
}

function call({port}: LocalEnd): Socket {
  return keep(connect({port, host: '127.0.0.1', allowHalfOpen: true}))
}

async function dial(front: LocalEnd): Promise<Socket> {
  const socket = call(front)
  await once(socket, 'connect')
  return socket
}

/** All that comes until the end; the other direction stays open. */
async function heard(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  await once(socket, 'end')
  return Buffer.concat(pieces)
}

function fate(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let error = ''
    socket.on('error', ({code}: NodeJS.ErrnoException) => (error = code ?? ''))
    socket.once('close', () => resolve(error === '' ? 'ended' : error))
  })
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe('a connection through a local end and a relay', () => {
  it('carries every byte, both ways at once, and then the end', async () => {
    const {near, farSide, front} = await ends()
    const [up, down] = [randomBytes(8 * MEBIBYTE), randomBytes(5 * MEBIBYTE)]
    near.end(up)
    farSide.end(down)
    const [gotUp, gotDown] = await Promise.all([heard(farSide), heard(near)])
    expect([digest(gotUp), digest(gotDown)]).toEqual([digest(up), digest(down)])
    await until('the end', () => front.traffic.open === 0)
    expect(front.traffic).toEqual({open: 0, opened: 1, bytesUp: up.length, bytesDown: down.length})
  })

  it('is half-closed by a program that has asked and still listens', async () => {
    const {near, farSide} = await ends()
    near.end('question')
    expect(String(await heard(farSide))).toBe('question')
    const answer = heard(near)
    farSide.write('ans')
    await sleep(20)
    farSide.end('wer')
    expect(String(await answer)).toBe('answer')
  })

  it('is half-closed by the far side, too', async () => {
    const {near, farSide} = await ends()
    farSide.end('greeting')
    expect(String(await heard(near))).toBe('greeting')
    near.end('and yet')
    expect(String(await heard(farSide))).toBe('and yet')
  })

  it.each(['near', 'far'] as const)('holds up a sender while the %s side takes nothing', async (stalled) => {
    const {near, farSide, front} = await ends()
    const [reader, writer] = stalled === 'near' ? [near, farSide] : [farSide, near]
    const sent = randomBytes(64 * MEBIBYTE)
    writer.end(sent)
    const taken = (): number => front.traffic.bytesUp + front.traffic.bytesDown
    for (let before = -1; before < taken(); await sleep(300)) before = taken()
    expect(taken()).toBeLessThan(MOST_ON_THE_WAY)
    expect(digest(await heard(reader))).toBe(digest(sent))
  })

  it.each(['near', 'far'] as const)('is reset when the %s side resets it', async (side) => {
    const {near, farSide, front} = await ends()
    const [breaker, other] = side === 'near' ? [near, farSide] : [farSide, near]
    other.resume()
    const end = fate(other)
    breaker.resetAndDestroy()
    expect(await end).toBe('ECONNRESET')
    await until('the end', () => front.traffic.open === 0)
  })

  it('is reset after the last bytes of a far side that breaks off', async () => {
    const {near, farSide} = await ends()
    farSide.write('FATAL: last words')
    await sleep(50)
    const end = fate(near)
    let words = ''
    near.setEncoding('utf8').on('data', (piece: string) => (words += piece))
    farSide.resetAndDestroy()
    expect(await end).toBe('ECONNRESET')
    expect(words).toBe('FATAL: last words')
  })

  it('is reset when nobody is there', async () => {
    // Nothing listens on port 1.
    const front = await doorTo(1)
    expect(await fate(call(front).resume())).toBe('ECONNRESET')
  })

  it('is one of fifty, kept apart', async () => {
    const front = await doorTo(await far((socket) => void socket.pipe(socket)))
    const words = Array.from({length: 50}, (_, index) => `caller ${index} `.repeat(500))
    const answers = words.map(async (word) => {
      const socket = await dial(front)
      socket.end(word)
      return String(await heard(socket))
    })
    expect(await Promise.all(answers)).toEqual(words)
    expect(front.traffic.opened).toBe(50)
  })

  it('is reset when the relay closes, as are those that come too late', async () => {
    const front = await localEnd()
    const relay = relayTo(await far(() => {}), dialPort)
    front.lead(relay.accept)
    const early = fate((await dial(front)).resume())
    await until('the caller', () => front.traffic.opened === 1)
    relay.close()
    expect(await early).toBe('ECONNRESET')
    expect(await fate(call(front).resume())).toBe('ECONNRESET')
  })
})

describe('a local end', () => {
  it('has callers wait until it leads somewhere, and forgets those who leave', async () => {
    const front = await localEnd()
    const [patient, impatient] = [await dial(front), await dial(front)]
    patient.end('hello')
    impatient.resetAndDestroy()
    await until('both', () => front.traffic.opened === 2)
    front.lead(relayTo(await far((socket) => void socket.pipe(socket)), dialPort).accept)
    expect(String(await heard(patient))).toBe('hello')
    await until('the end', () => front.traffic.open === 0)
  })

  it('leads to another place from then on; connections stay where they are', async () => {
    const answering = (word: string) => far((socket) => void socket.on('data', () => socket.write(word)))
    const ask = async (socket: Socket): Promise<string> => {
      socket.write('?')
      const [answer] = (await once(socket, 'data')) as [Buffer]
      return String(answer)
    }
    const front = await doorTo(await answering('old'))
    const first = await dial(front)
    expect(await ask(first)).toBe('old')
    front.lead(relayTo(await answering('new'), dialPort).accept)
    expect(await ask(await dial(front))).toBe('new')
    expect(await ask(first)).toBe('old')
  })

  it('resets those who wait when it is closed, and gives the port back', async () => {
    const front = await localEnd()
    const end = fate((await dial(front)).resume())
    await until('the caller', () => front.traffic.opened === 1)
    await front.close()
    expect(await end).toBe('ECONNRESET')
    await localEnd(front.port)
  })

  it('closes those who wait for half a minute, cleanly, whatever they have said', async () => {
    const front = await localEnd()
    let dismissed = 0
    front.watch({failed: () => {}, dismissed: () => dismissed++})
    const caller = await dial(front)
    caller.write('hello?')
    const end = fate(caller.resume().on('end', () => caller.end()))
    await until('the caller', () => front.waiting === 1)
    await sleep(50)
    await clock.advance(29_999)
    expect(front.waiting).toBe(1)
    await clock.advance(1)
    expect(await end).toBe('ended')
    expect(dismissed).toBe(1)
    expect(front.waiting).toBe(0)
  })

  it('tells when someone knocks', async () => {
    const front = await localEnd()
    const stop = new AbortController()
    const knocked = front.knock(stop.signal)
    await dial(front)
    await knocked
    // Still there.
    await front.knock(stop.signal)
    front.lead((socket) => void socket.destroy())
    front.hold()
    const refused = expect(front.knock(stop.signal)).rejects.toThrow('enough')
    stop.abort(new Error('enough'))
    await refused
  })

  it('is shut: callers are reset, those who wait get an end, those under way go on; and it leads on again', async () => {
    const front = await doorTo(await far((socket) => void socket.pipe(socket)))
    const underway = await dial(front)
    underway.write('one')
    await once(underway, 'data')
    front.hold()
    const waits = await dial(front)
    const end = fate(waits.resume().on('end', () => waits.end()))
    await until('the caller', () => front.waiting === 1)
    front.shut()
    expect(await end).toBe('ended')
    expect(await fate(call(front).resume())).toBe('ECONNRESET')
    expect(front.traffic.opened).toBe(2)
    underway.end('two')
    expect(String(await heard(underway))).toBe('two')
    front.hold()
    const waitsAgain = await dial(front)
    await until('the caller', () => front.waiting === 1)
    front.lead(relayTo(await far((socket) => void socket.pipe(socket)), dialPort).accept)
    waitsAgain.end('three')
    expect(String(await heard(waitsAgain))).toBe('three')
  })

  it('keeps its port while it is shut: no other program can take it', async () => {
    const front = await localEnd()
    front.shut()
    await expect(localEnd(front.port)).rejects.toMatchObject({code: 'PORT_IN_USE'})
  })

  it('closes a connection whose program has stopped sending and hears nothing, so that no file stays open', async () => {
    const {near, farSide, front} = await ends()
    farSide.resume()
    near.resume().end('?')
    await once(farSide, 'end')
    const end = fate(near)
    await settle()
    await clock.advance(9_999)
    expect(front.traffic.open).toBe(1)
    await clock.advance(1)
    expect(await end).toBe('ECONNRESET')
    await until('the end', () => front.traffic.open === 0)
  })

  it('leaves one open that has stopped sending and has been answered', async () => {
    const {near, farSide} = await ends()
    near.end('?')
    expect(String(await heard(farSide))).toBe('?')
    farSide.write('first, ')
    await once(near, 'readable')
    await clock.advance(60_000)
    farSide.end('last')
    expect(String(await heard(near))).toBe('first, last')
  })

  it.each<[string, boolean, (near: Socket, farSide: Socket) => void]>([
    ['the program that has asked leaves without an answer', true, (near) => near.end('?')],
    ['the far side ends it', true, (_, farSide) => farSide.end('bye')],
    ['the far side resets it', true, (_, farSide) => farSide.resetAndDestroy()],
    [
      'the program leaves after an answer',
      false,
      (near, farSide) => {
        farSide.write('ready')
        near.once('data', () => near.end())
      },
    ],
    ['the program leaves without a word', false, (near) => near.end()],
    [
      'the program is killed',
      false,
      (near, farSide) => {
        farSide.write('ready')
        near.once('data', () => near.resetAndDestroy())
      },
    ],
  ])('tells that a connection has failed when %s: %s', async (_, isFailure, act) => {
    const {near, farSide, front} = await ends()
    let failed = 0
    front.watch({failed: () => failed++, dismissed: () => {}})
    farSide.on('end', () => farSide.end()).resume()
    near.on('end', () => near.end()).resume()
    act(near, farSide)
    await until('the end', () => front.traffic.open === 0)
    expect(failed).toBe(isFailure ? 1 : 0)
  })

  it('notices a question without an answer, once', async () => {
    const {near, farSide, front} = await ends()
    near.write('select')
    await once(farSide, 'data')
    await until('the count', () => front.traffic.bytesUp === 6)
    expect(front.isUnanswered(5000)).toBe(false)
    await clock.advance(5000)
    expect(front.isUnanswered(5000)).toBe(true)
    expect(front.isUnanswered(5000)).toBe(false)
    farSide.write('rows')
    await once(near, 'data')
    await clock.advance(60_000)
    expect(front.isUnanswered(5000)).toBe(false)
    // An answer and the next question between two looks.
    near.write('again')
    await once(farSide, 'data')
    farSide.write('rows')
    await once(near, 'data')
    near.write('and again')
    await once(farSide, 'data')
    expect(front.isUnanswered(5000)).toBe(false)
    await clock.advance(5000)
    expect(front.isUnanswered(5000)).toBe(true)
  })

  it('knows how much was sent without an answer', async () => {
    const {near, farSide, front} = await ends()
    expect(front.mostUnanswered).toBe(0)
    near.write('12345')
    await once(farSide, 'data')
    near.write('6789')
    await until('all of it', () => front.mostUnanswered === 9)
    farSide.write('rows')
    await once(near, 'data')
    expect(front.mostUnanswered).toBe(0)
    near.write('abc')
    await until('the next question', () => front.mostUnanswered === 3)
  })

  it('tells when someone is there', async () => {
    const {near, front} = await ends()
    const stop = new AbortController()
    await front.visit(stop.signal)
    near.resetAndDestroy()
    await until('the end', () => front.traffic.open === 0)
    const visit = front.visit(stop.signal)
    expect(await Promise.race([visit, sleep(50, 'nobody')])).toBe('nobody')
    await dial(front)
    await visit
  })

  it('notices that nothing moves in the midst of a question, each time', async () => {
    const {near, farSide, front} = await ends()
    const send = async (text: string): Promise<void> => {
      const {bytesUp} = front.traffic
      near.write(text)
      await once(farSide, 'data')
      await until('the count', () => front.traffic.bytesUp === bytesUp + text.length)
    }
    await send('copy')
    await clock.advance(4000)
    await send('row')
    await clock.advance(4000)
    expect(front.isStalled(5000)).toBe(false)
    await clock.advance(1000)
    expect(front.isStalled(5000)).toBe(true)
    await clock.advance(60_000)
    expect(front.isStalled(5000)).toBe(false)
    await send('row')
    expect(front.isStalled(5000)).toBe(false)
    await clock.advance(5000)
    expect(front.isStalled(5000)).toBe(true)
    await send('end')
    farSide.write('COPY 2')
    await once(near, 'data')
    await clock.advance(60_000)
    expect(front.isStalled(5000)).toBe(false)
  })

  it('says that a port is taken', async () => {
    const {port} = await localEnd()
    await expect(localEnd(port)).rejects.toMatchObject({code: 'PORT_IN_USE'})
  })
})
