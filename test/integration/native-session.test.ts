import {randomBytes} from 'node:crypto'
import {connect, type Socket} from 'node:net'
import {afterEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../src/adapters/processes/clock.js'
import {fail} from '../../src/core/errors.js'
import type {Clock} from '../../src/core/ports/clock.js'
import {
  type EchoServer,
  startEchoServer,
  type AgentHub,
  type HubOptions,
  type SessionFacts,
  startAgentHub,
} from '../sandbox/agent.js'
import type {SessionAtLocalEnd} from '../support/at-local-end.js'
import {dialLocal, openNative, type OpenOptions, quietRun, readAll, sha256} from '../support/native-session.js'

const MiB = 1024 * 1024
const undo: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function database(onConnection?: (socket: Socket) => void): Promise<EchoServer> {
  const server = await startEchoServer(onConnection)
  undo.push(() => server.close())
  return server
}

async function hubTo(dial: HubOptions['dial'], options: Partial<HubOptions> = {}): Promise<AgentHub> {
  const hub = await startAgentHub({dial, ...options})
  undo.push(() => hub.close())
  return hub
}

/** A session through a hub to a database that says everything back, or does what `onConnection` does. */
async function tunnel(
  options: OpenOptions & {hub?: Partial<HubOptions>; onConnection?: (socket: Socket) => void} = {},
): Promise<{hub: AgentHub; session: SessionAtLocalEnd; facts: () => SessionFacts; server: EchoServer}> {
  const server = await database(options.onConnection)
  const hub = await hubTo(() => server.dial(), options.hub)
  const session = await openNative(hub, options)
  undo.push(() => session.close())
  return {hub, session, server, facts: () => hub.session(session.id)}
}

async function dial(session: SessionAtLocalEnd): Promise<Socket> {
  const socket = await dialLocal(session.localPort)
  undo.push(() => void socket.destroy())
  return socket
}

/** A clock on which everything comes sooner. */
function hurried(times: number): Clock {
  const start = Date.now()
  return {
    now: () => start + (Date.now() - start) * times,
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.sleep(5)
}

async function say(socket: Socket, text: string): Promise<string> {
  const answer = readAll(socket, Buffer.byteLength(text))
  socket.write(text)
  return (await answer).bytes.toString()
}

/** Sends and reads back at the same time. */
async function echo(socket: Socket, bytes: Buffer): Promise<Buffer> {
  const answer = readAll(socket, bytes.length)
  socket.write(bytes)
  return (await answer).bytes
}

describe('a tunnel', () => {
  it('carries small exchanges, and terminates the session when it closes', async () => {
    const {session, facts} = await tunnel()
    const socket = await dial(session)
    for (let count = 0; count < 50; count++) expect(await say(socket, `ping ${count}`)).toBe(`ping ${count}`)
    expect(facts()).toMatchObject({mode: 'mux', violation: undefined})
    await session.close()
    await until(() => facts().end !== undefined)
    expect(facts().end?.cause).toBe('flag')
    expect(await session.closed).toEqual({error: undefined})
    await expect(dialLocal(session.localPort)).rejects.toThrow('ECONNREFUSED')
  })

  it('carries 32 MiB each way, byte for byte', async () => {
    const {session, facts} = await tunnel()
    const bytes = randomBytes(32 * MiB)
    expect(sha256(await echo(await dial(session), bytes))).toBe(sha256(bytes))
    expect(facts()).toMatchObject({violation: undefined, bytesToDatabase: bytes.length})
    expect(facts().largestPayload).toBeLessThanOrEqual(1024)
  })

  it('carries 50 connections at once', async () => {
    const {session, facts} = await tunnel()
    const all = Array.from({length: 50}, async () => {
      const bytes = randomBytes(100_000)
      return (await echo(await dial(session), bytes)).equals(bytes)
    })
    expect(await Promise.all(all)).toEqual(Array(50).fill(true))
    expect(facts()).toMatchObject({dialled: 50, violation: undefined})
  })

  it('leaves a payload of exactly one line feed alone, and one at the end of 1017 bytes', async () => {
    const {session} = await tunnel()
    const socket = await dial(session)
    expect(await say(socket, '\n')).toBe('\n')
    const text = `${'x'.repeat(1016)}\n`
    expect(await say(socket, text)).toBe(text)
  })

  it('counts connections and bytes', async () => {
    const {session} = await tunnel()
    expect(session.localEnd.traffic).toEqual({open: 0, opened: 0, bytesUp: 0, bytesDown: 0})
    const [first, second] = [await dial(session), await dial(session)]
    await echo(first, Buffer.alloc(100_000))
    await say(second, 'ping')
    const counted = {opened: 2, bytesUp: 100_004, bytesDown: 100_004}
    expect(session.localEnd.traffic).toEqual({open: 2, ...counted})
    first.resetAndDestroy()
    await until(() => session.localEnd.traffic.open === 1)
    expect(session.localEnd.traffic).toEqual({open: 1, ...counted})
  })

  it('waits for the agent, whose multiplexer comes up a moment after the handshake', async () => {
    const {session, facts} = await tunnel({hub: {behaviour: {setupMs: 300, earlyData: true}}})
    expect(await say(await dial(session), 'early')).toBe('early')
    expect(facts().violation).toBeUndefined()
  })

  it('reads messages whose types are padded with NULs', async () => {
    const {session} = await tunnel({hub: {behaviour: {nulPadding: true}}})
    expect(await say(await dial(session), 'hello')).toBe('hello')
  })

  it('ignores pause_publication and start_publication', async () => {
    const {session, hub} = await tunnel()
    const socket = await dial(session)
    hub.publication('pause')
    expect(await say(socket, 'still')).toBe('still')
    hub.publication('start')
    expect(await say(socket, 'here')).toBe('here')
  })
})

describe('ends of connections', () => {
  it('a program that half-closes gets its answer', async () => {
    const {session} = await tunnel({
      onConnection: (socket) =>
        void socket.once('data', (bytes) => setTimeout(() => socket.end(`answer to ${bytes.toString()}`), 50)),
    })
    const socket = await dial(session)
    socket.end('question')
    const {bytes, error} = await readAll(socket)
    expect([bytes.toString(), error]).toEqual(['answer to question', undefined])
  })

  it('all that the database said arrives before its end', async () => {
    const bytes = randomBytes(5 * MiB)
    const {session} = await tunnel({onConnection: (socket) => void socket.end(bytes)})
    const answer = await readAll(await dial(session))
    expect(sha256(answer.bytes)).toBe(sha256(bytes))
    expect(answer.error).toBeUndefined()
  })

  it('a program that goes away takes its connection to the database with it', async () => {
    const {session, server} = await tunnel()
    const socket = await dial(session)
    await say(socket, 'hello')
    expect(server.connections.size).toBe(1)
    socket.resetAndDestroy()
    await until(() => server.connections.size === 0)
  })

  it('a refused dial resets that connection at once, and no other', async () => {
    const server = await database()
    let refuse = false
    const hub = await hubTo(() => (refuse ? Promise.reject(new Error('refused')) : server.dial()))
    const session = await openNative(hub)
    undo.push(() => session.close())
    const first = await dial(session)
    await say(first, 'hello')
    refuse = true
    const {bytes, error} = await readAll(await dial(session))
    expect([bytes.length, error?.code]).toEqual([0, 'ECONNRESET'])
    refuse = false
    expect(await say(first, 'again')).toBe('again')
    expect(await say(await dial(session), 'and more')).toBe('and more')
  })
})

describe('fairness', () => {
  it('a small request does not wait behind an upload on a paced line', async () => {
    const {session, facts} = await tunnel({uploadBytesPerSecond: MiB})
    const upload = await dial(session)
    const small = await dial(session)
    await say(small, 'warm')
    upload.resume()
    upload.write(Buffer.alloc(8 * MiB))
    await systemClock.sleep(300)
    const times: number[] = []
    for (let count = 0; count < 20; count++) {
      const before = performance.now()
      await say(small, 'select 1')
      times.push(performance.now() - before)
    }
    times.sort((a, b) => a - b)
    // The real plugin: 250 ms.
    expect(times[10]).toBeLessThan(100)
    expect(facts().bytesToDatabase).toBeLessThan(4 * MiB)
  })

  it('a program that stops reading holds up no other, and gets every byte when it reads on', async () => {
    const flood = randomBytes(48 * MiB)
    const {session, facts} = await tunnel({
      onConnection: (socket) => {
        socket.once('data', (first) => {
          if (first.toString() === 'flood') socket.end(flood)
          else socket.pipe(socket).write(first)
        })
      },
    })
    const stalled = await dial(session)
    stalled.pause()
    stalled.write('flood')
    const other = await dial(session)
    for (let count = 0; facts().bytesFromDatabase < flood.length; count++) {
      expect(await say(other, `ping ${count}`)).toBe(`ping ${count}`)
    }
    // The agent has got rid of all of it.
    await until(() => facts().unacknowledged === 0)
    const bytes = randomBytes(2 * MiB)
    expect((await echo(other, bytes)).equals(bytes)).toBe(true)
    const {bytes: got, error} = await readAll(stalled)
    expect(error).toBeUndefined()
    expect(sha256(got)).toBe(sha256(flood))
  })

  it('a lone program that stops reading is waited for, and gets every byte', async () => {
    const size = 24 * MiB
    const bytes = randomBytes(size)
    const {session} = await tunnel({onConnection: (socket) => void socket.end(bytes)})
    const socket = await dial(session)
    socket.pause()
    await systemClock.sleep(4000)
    const answer = await readAll(socket)
    expect(answer.error).toBeUndefined()
    expect(sha256(answer.bytes)).toBe(sha256(bytes))
  })

  it('a database that stops reading stops the program, and memory stays', async () => {
    let reader: Socket | undefined
    const {session, facts} = await tunnel({onConnection: (socket) => void (reader = socket.pause())})
    const socket = await dial(session)
    const bytes = randomBytes(48 * MiB)
    socket.end(bytes)
    await until(() => reader !== undefined)
    await systemClock.sleep(1500)
    const accepted = bytes.length - socket.writableLength
    expect(accepted).toBeLessThan(24 * MiB)
    const received = readAll(reader!, bytes.length)
    expect(sha256((await received).bytes)).toBe(sha256(bytes))
    expect(facts().violation).toBeUndefined()
  })
})

describe('a database that reads nothing for long', () => {
  it('silences the line, which is resumed, and gets every byte in the end', async () => {
    let reader: Socket | undefined
    const {session, facts} = await tunnel({
      ports: {clock: hurried(20)},
      onConnection: (socket) => void (reader = socket.pause()),
    })
    const socket = await dial(session)
    const bytes = randomBytes(24 * MiB)
    socket.end(bytes)
    await until(() => facts().opens >= 4)
    expect(socket.writableLength).toBeGreaterThan(4 * MiB)
    const received = readAll(reader!, bytes.length)
    expect(sha256((await received).bytes)).toBe(sha256(bytes))
    expect(facts().violation).toBeUndefined()
  })
})

describe('a lost WebSocket', () => {
  it('ten times under load: every byte arrives once', async () => {
    const {session, hub, facts} = await tunnel()
    const bytes = randomBytes(12 * MiB)
    const answer = dial(session).then((socket) => echo(socket, bytes))
    for (let cut = 0; cut < 10; cut++) {
      const opens = facts().opens
      const {bytesToDatabase} = facts()
      await until(() => facts().bytesToDatabase > bytesToDatabase + 200_000 || facts().bytesToDatabase === bytes.length)
      hub.cut()
      await until(() => facts().opens > opens)
    }
    expect(sha256(await answer)).toBe(sha256(bytes))
    expect(facts()).toMatchObject({opens: 11, violation: undefined})
  })

  it('in any way, during an upload and a download at once: every byte arrives once', async () => {
    const [up, down] = [randomBytes(24 * MiB), randomBytes(24 * MiB)]
    let uploaded: Promise<{bytes: Buffer}> | undefined
    const {session, hub, facts} = await tunnel({
      ports: {clock: hurried(10)},
      onConnection: (socket) => {
        if (uploaded) socket.end(down)
        else uploaded = readAll(socket, up.length)
      },
    })
    const upload = await dial(session)
    upload.write(up)
    await until(() => uploaded !== undefined)
    const downloaded = readAll(await dial(session))
    const ways: (() => Promise<void> | void)[] = [
      () => hub.cut(),
      () => hub.cutAt(1),
      () => hub.cutAt(200),
      () => hub.hangUp(),
      () => {
        hub.refuseUpgrades(2)
        hub.cut()
      },
      // Once more as soon as it is back, in the midst of what is sent again.
      async () => {
        const {opens} = facts()
        hub.cut()
        await until(() => facts().opens > opens)
        hub.cutAt(20)
      },
      // Half-open: swallowed both ways, and nothing closed.
      async () => {
        hub.hold()
        await until(() => !facts().connected)
        hub.release()
      },
    ]
    const moved = (): number => facts().bytesToDatabase + facts().bytesFromDatabase
    for (let count = 0; count < 10; count++) {
      const [before, {opens}] = [moved(), facts()]
      await until(() => moved() > before + 2 * MiB)
      await ways[count % ways.length]?.()
      await until(() => facts().opens > opens)
    }
    expect(moved()).toBeLessThan(up.length + down.length)
    expect(sha256((await downloaded).bytes)).toBe(sha256(down))
    expect(sha256((await uploaded!).bytes)).toBe(sha256(up))
    expect(facts().violation).toBeUndefined()
    expect(facts().opens).toBeGreaterThanOrEqual(11)
  })

  it('in the place of any message: every byte arrives once', async () => {
    const {session, hub, facts} = await tunnel()
    const socket = await dial(session)
    for (let k = 1; k <= 24; k++) {
      hub.cutAt(k)
      const opens = facts().opens
      for (let count = 0; count < 24 && facts().opens === opens; count++) {
        const text = `exchange ${k}/${count}\n`
        expect(await say(socket, text)).toBe(text)
      }
    }
    expect(facts().opens).toBeGreaterThan(20)
    expect(facts().violation).toBeUndefined()
  })

  it('closed by the service, as about hourly: goes on', async () => {
    const {session, hub, facts} = await tunnel()
    const socket = await dial(session)
    hub.hangUp()
    await until(() => facts().opens === 2)
    expect(await say(socket, 'on')).toBe('on')
  })

  it('before the handshake is over: the session still opens', async () => {
    const server = await database()
    const hub = await hubTo(() => server.dial(), {behaviour: {delayMs: 100}})
    const opening = openNative(hub)
    await until(() => hub.sessions()[0]?.phase === 'handshake')
    hub.cut()
    const session = await opening
    undo.push(() => session.close())
    expect(await say(await dial(session), 'hello')).toBe('hello')
    expect(hub.session(session.id)).toMatchObject({opens: 2, violation: undefined})
  })

  it('survives a line that drops, doubles and exchanges messages', async () => {
    const {session, facts} = await tunnel({
      hub: {behaviour: {drop: 0.02, duplicate: 0.02, reorder: 0.02, seed: 7}},
    })
    const bytes = randomBytes(400_000)
    expect(sha256(await echo(await dial(session), bytes))).toBe(sha256(bytes))
    expect(facts().violation).toBeUndefined()
  })

  it('and no way back: the tunnel ends, and programs see a reset', async () => {
    const refusal = fail('ACCESS_DENIED', 'AWS denied ssm:ResumeSession.', {hint: 'Allow it.'})
    const {session, hub} = await tunnel({ssm: {resumeSession: () => Promise.reject(refusal)}})
    const socket = await dial(session)
    await say(socket, 'hello')
    const ended = readAll(socket)
    hub.cut()
    expect(await session.closed).toMatchObject({
      error: {code: 'TUNNEL_LOST', message: expect.stringContaining('AWS denied ssm:ResumeSession'), hint: 'Allow it.'},
    })
    expect((await ended).error?.code).toBe('ECONNRESET')
    await expect(dialLocal(session.localPort)).rejects.toThrow('ECONNREFUSED')
  })

  it('in a silent partition: is noticed, and the session resumed when the network is back', async () => {
    const {session, hub, facts} = await tunnel({ports: {clock: hurried(10)}})
    const socket = await dial(session)
    await say(socket, 'hello')
    hub.hold()
    const answer = readAll(socket, 5)
    socket.write('later')
    await until(() => !facts().connected)
    hub.release()
    expect((await answer).bytes.toString()).toBe('later')
    expect(facts()).toMatchObject({opens: 2, violation: undefined})
  })

  it('during a stop of the process: check resolves when the session is up again', async () => {
    const {session, hub, facts} = await tunnel({ports: {clock: hurried(10)}})
    hub.hold()
    const checked = session.check()
    await until(() => !facts().connected)
    hub.release()
    await checked
    await until(() => facts().connected)
    expect(facts().opens).toBe(2)
  })
})

describe('ends of the session', () => {
  it('by AWS: its words, and a reset for every program', async () => {
    const {session, hub} = await tunnel()
    const socket = await dial(session)
    await say(socket, 'hello')
    const ended = readAll(socket)
    hub.terminate(session.id, 'Session timed out\nafter \u001b[31m20 minutes.')
    expect(await session.closed).toMatchObject({
      error: {
        code: 'TUNNEL_LOST',
        message: 'Session Manager ended the session: Session timed out after [31m20 minutes.',
      },
    })
    expect((await ended).error?.code).toBe('ECONNRESET')
  })

  it('close takes a moment at most when the network is cut', async () => {
    const {session, hub} = await tunnel()
    const socket = await dial(session)
    await say(socket, 'hello')
    hub.hold()
    const before = performance.now()
    await session.close()
    expect(performance.now() - before).toBeLessThan(1000)
    await expect(dialLocal(session.localPort)).rejects.toThrow('ECONNREFUSED')
  })

  it('an agent that asks for KMS encryption is refused in one sentence, with what to use instead (case 4)', async () => {
    const hub = await hubTo(() => Promise.reject(new Error('unused')), {behaviour: {encrypts: true}})
    await expect(openNative(hub)).rejects.toMatchObject({
      code: 'PROTOCOL',
      message:
        "This account encrypts Session Manager's sessions with a KMS key, which dbtunnel's own engine cannot do.",
      hint: expect.stringContaining('--engine plugin'),
    })
    await expect
      .poll(() => hub.sessions()[0]?.end)
      .toMatchObject({detail: expect.stringMatching(/^KMSEncryption failed on client with status 3/)})
  })

  it('opening takes no longer than it may', async () => {
    const hub = await hubTo(() => Promise.reject(new Error('unused')), {behaviour: {held: true}})
    await expect(openNative(hub, {timeoutMs: 300})).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('did not accept the WebSocket'),
    })
  })

  it('an interrupted run rejects with its reason, and the agent is told', async () => {
    const run = quietRun()
    const hub = await hubTo(() => Promise.reject(new Error('unused')), {behaviour: {delayMs: 200}})
    const opening = openNative(hub, {run})
    await until(() => hub.sessions()[0]?.phase === 'handshake')
    run.abort(fail('INTERRUPTED', 'Interrupted.'))
    await expect(opening).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(await run.undo.unwind({budgetMs: 1000})).toEqual([])
  })

  it('undoing a run closes the session', async () => {
    const run = quietRun()
    const {session, facts} = await tunnel({run})
    expect(await run.undo.unwind({budgetMs: 1000})).toEqual([])
    await session.closed
    await until(() => facts().end?.cause === 'flag')
  })

  it('a refused upgrade names its status, or the permission that lacks', async () => {
    const hub = await hubTo(() => Promise.reject(new Error('unused')))
    hub.refuseUpgrades(4, 404)
    await expect(openNative(hub)).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      message: expect.stringContaining('404'),
    })
    hub.refuseUpgrades(1, 403)
    await expect(openNative(hub)).rejects.toMatchObject({code: 'ACCESS_DENIED'})
  })

  it('a passing refusal is outlived', async () => {
    const hub = await hubTo(() => Promise.reject(new Error('unused')))
    hub.refuseUpgrades(2, 503)
    await (await openNative(hub)).close()
  })
})

describe('older agents', () => {
  it('get a keepalive, and keep the session', async () => {
    const {facts, session} = await tunnel({
      agentVersion: '3.1.1511.0',
      hub: {timing: {keepaliveMs: 1000, silenceMs: 1500}},
      ports: {clock: hurried(10)},
    })
    await until(() => facts().nops >= 3 || facts().end !== undefined)
    expect(facts().end).toBeUndefined()
    expect(await say(await dial(session), 'alive')).toBe('alive')
  })

  it('carry one connection at a time', async () => {
    const {session, facts, server} = await tunnel({agentVersion: '3.0.196.0'})
    const first = await dial(session)
    expect(await say(first, '\n')).toBe('\n')
    const second = await readAll(connect(session.localPort, '127.0.0.1'))
    expect(second.error?.code).toBe('ECONNRESET')
    const bytes = randomBytes(2 * MiB)
    expect((await echo(first, bytes)).equals(bytes)).toBe(true)
    first.destroy()
    await until(() => server.connections.size === 0)
    expect(await say(await dial(session), 'next')).toBe('next')
    expect(facts()).toMatchObject({mode: 'basic', dialled: 2, violation: undefined})
  })

  it('that cannot reach the database say so', async () => {
    const hub = await hubTo(() => Promise.reject(new Error('connection refused')))
    const outcome = await openNative(hub, {agentVersion: '3.0.196.0'}).then(
      (session) => session.closed.then(({error}) => error),
      (error: unknown) => error,
    )
    expect(outcome).toMatchObject({code: 'DATABASE_UNREACHABLE', exitCode: 69})
  })
})
