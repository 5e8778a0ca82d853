import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {connect, createServer} from 'node:net'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {processes} from '../../../src/adapters/processes/processes.js'
import type {SessionGrant} from '../../../src/core/ports/aws.js'
import type {ServantProcess} from '../../../src/core/ports/process.js'
import {BASTIONS, REGION, type SessionWorld, startSessionWorld} from '../../support/session-world.js'

const STAND_IN = new URL('session-manager-plugin', import.meta.url).pathname
const VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE'
const REQUEST = JSON.stringify({Target: BASTIONS[0]?.id})

let world: SessionWorld
const servants: ServantProcess[] = []

beforeAll(async () => {
  world = await startSessionWorld()
})

afterAll(() => world.close())

afterEach(async () => {
  world.serve(undefined)
  for (const servant of servants.splice(0)) {
    servant.kill('SIGKILL')
    await servant.ended
  }
  world.hub.behave({held: false})
  world.plane.disturbances.clear()
})

/** The stand-in is only worth what it has in common with the real one. */
describe.each([
  {name: 'stand-in', file: STAND_IN},
  {name: 'real plugin', file: process.env['DBTUNNEL_PLUGIN'] ?? ''},
])('$name', {timeout: 60_000}, ({name, file}) => {
  const missing = file === ''

  async function start(argv: readonly string[], more: Record<string, string> = {}) {
    const servant = await processes().spawnServant({file, argv, env: {...world.environment, ...more}})
    servants.push(servant)
    let output = ''
    servant.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
    const complaint = text(servant.stderr)
    const closed = once(servant.stdout, 'close')
    return {
      servant,
      complaint,
      output: () => output,
      said: (wanted: string) => expect.poll(() => output, {timeout: 20_000}).toContain(wanted),
      /** Status, once all of the output is there. */
      async status() {
        const [{code}] = await Promise.all([servant.ended, closed])
        return code
      },
    }
  }

  /** A session with an agent of this kind, unknown to AWS. */
  function carry({agentVersion = '3.3.2299.0', localPort = 0} = {}) {
    const [sessionId, tokenValue] = [`alice-${randomUUID()}`, randomUUID()]
    const grant = {sessionId, token: tokenValue, agentVersion, host: 'db.internal', port: 5432, localPort}
    return run({sessionId, tokenValue, ...world.hub.open(grant)})
  }

  /** A session that can be resumed, or not. */
  async function carryFromAws() {
    const parameters = {host: ['db.internal'], portNumber: ['5432'], localPortNumber: ['0']}
    const document = 'AWS-StartPortForwardingSessionToRemoteHost'
    return run(await world.aws.ssm.startSession({target: BASTIONS[0]?.id ?? '', document, parameters}))
  }

  async function run({sessionId: id, tokenValue, streamUrl}: SessionGrant) {
    const folder = await mkdtemp(join(world.environment['TMPDIR'] ?? '', 't-'))
    const response = JSON.stringify({SessionId: id, TokenValue: tokenValue, StreamUrl: streamUrl})
    const argv = [VARIABLE, REGION, 'StartSession', '', REQUEST, world.plane.url]
    const program = await start(argv, {[VARIABLE]: response, TMPDIR: folder})
    return {
      ...program,
      id,
      greeting: `\nStarting session with SessionId: ${id}\n`,
      port: async () => {
        await program.said(' opened for sessionId ')
        return Number(/Port (\d+) opened/.exec(program.output())?.[1])
      },
      sockets: async () => (await readdir(folder)).filter((name) => name.endsWith('_session_manager_plugin_mux.sock')),
      forget: () => rm(folder, {recursive: true}),
    }
  }

  it.skipIf(missing).each<[string, readonly string[], RegExp, number]>([
    [
      'no word',
      [],
      /^\nThe Session Manager plugin was installed successfully\. Use the AWS CLI to start a session\.\n\n$/,
      0,
    ],
    ['--version', ['--version'], /^1\.2\.\d+\.0\n$/, 0],
    [
      'one other word',
      ['x'],
      /^\nUnknown operation x\. \nUse session-manager-plugin --version to check the version\.\n\n$/,
      0,
    ],
    ['another operation', ['{}', REGION, 'Resume'], /^Invalid Operation$/, 0],
    ['no response', [VARIABLE, REGION, 'StartSession', '', REQUEST, ''], /^Cannot perform start session: .+\n$/, 0],
    ['a response with a hole', ['{"SessionId":"s"}', REGION, 'StartSession'], /^$/, 2],
    ['a request without its target', ['{}', REGION, 'StartSession', '', '{}', ''], /^$/, 2],
  ])('called with %s', async (_, argv, output, status) => {
    const program = await start(argv)
    expect(await program.status()).toBe(status)
    expect(program.output()).toMatch(output)
    if (status === 2) expect(await program.complaint).toMatch(/^panic: /)
  })

  it.skipIf(missing)('tells where it listens, of the first connection, and of its end by SIGINT', async () => {
    const session = await carry()
    const port = await session.port()
    expect(await session.sockets()).toHaveLength(1)
    for (let round = 0; round < 2; round++)
      await once(
        connect(port, '127.0.0.1').on('error', () => {}),
        'connect',
      )
    await session.said('Connection to destination port failed')
    await expect.poll(() => world.hub.session(session.id).refusedDials).toBe(2)
    session.servant.kill('SIGINT')
    expect(await session.status()).toBe(0)
    const failed = '\nConnection to destination port failed, check SSM Agent logs.\n'
    expect(session.output()).toBe(
      `${session.greeting}Port ${port} opened for sessionId ${session.id}.\nWaiting for connections...\n` +
        `\nConnection accepted for session [${session.id}]\n${failed}${failed}` +
        `Terminate signal received, exiting.\n\n\nExiting session with sessionId: ${session.id}.\n\n`,
    )
    expect(world.hub.session(session.id).end?.cause).toBe('flag')
    expect(await session.sockets()).toEqual([])
    await session.forget()
  })

  it.skipIf(missing).each([
    ['with a reason', 'bye', (id: string) => `\n\nSessionId: ${id} : bye\n\n`],
    ['without one', '', (id: string) => `\n\nExiting session with sessionId: ${id}.\n\n`],
  ])('ends with its channel, %s', async (_, reason, words) => {
    const session = await carry()
    const port = await session.port()
    world.hub.terminate(session.id, reason)
    expect(await session.status()).toBe(0)
    const listening = `Port ${port} opened for sessionId ${session.id}.\nWaiting for connections...\n`
    expect(session.output()).toBe(session.greeting + listening + words(session.id))
    expect(await session.sockets()).toEqual([])
    await session.forget()
  })

  it.skipIf(missing)('speaks its own words to an agent that takes one connection at a time', async () => {
    world.serve((socket) => void socket.pipe(socket))
    const session = await carry({agentVersion: '3.0.196.0'})
    const port = await session.port()
    await once(
      connect(port, '127.0.0.1').on('error', () => {}),
      'connect',
    )
    await session.said('Connection accepted')
    session.servant.kill('SIGINT')
    expect(await session.status()).toBe(0)
    const listening = `Port ${port} opened for sessionId ${session.id}.\nConnection accepted for session ${session.id}.\n`
    const end = `Terminate signal received, exiting.\n\n\nExiting session with sessionId: ${session.id}.\n\n`
    expect(session.output()).toBe(session.greeting + listening + end)
    await session.forget()
  })

  it.skipIf(missing)('dies of SIGTERM, and leaves its session and its socket', async () => {
    const session = await carry()
    await session.port()
    session.servant.kill('SIGTERM')
    expect(await session.servant.ended).toEqual({code: null, signal: 'SIGTERM'})
    expect(await session.sockets()).toHaveLength(1)
    expect(world.hub.session(session.id).end).toBeUndefined()
    await session.forget()
  })

  it.skipIf(missing)('says little on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const {port} = server.address() as {port: number}
    const session = await carry({localPort: port})
    await expect.poll(() => world.hub.session(session.id).phase, {timeout: 20_000}).toBe('ready')
    await sleep(300)
    // The real one sometimes wins a race against itself, and tells.
    const told = `Cannot perform start session: listen tcp 127.0.0.1:${port}: bind: address already in use\n`
    expect([session.greeting, session.greeting + told]).toContain(session.output())
    if (name === 'stand-in') expect(session.output()).toBe(session.greeting)
    session.servant.kill('SIGINT')
    expect(await session.status()).toBe(0)
    server.close()
    await session.forget()
  })

  it.skipIf(missing)('says nothing when it cannot dial, and goes on saying it', async () => {
    world.hub.refuseUpgrades(100)
    const session = await carry()
    await session.said('Starting session')
    await sleep(1000)
    expect(session.output()).toBe(session.greeting)
    world.hub.refuseUpgrades(0)
    await session.forget()
  })

  it.skipIf(missing)('gives up a session that cannot be resumed for want of a token', async () => {
    const session = await carryFromAws()
    await session.port()
    world.sessions.end(session.id, 'api', Date.now())
    world.hub.cut(session.id)
    expect(await session.status()).toBe(0)
    expect(session.output()).toContain(`Waiting for connections...\nSession: ${session.id} timed out.\n`)
    world.hub.terminate(session.id)
    await session.forget()
  })

  it.skipIf(missing)('stays, listening and dead, when the resume is refused', async () => {
    const session = await carryFromAws()
    const port = await session.port()
    const refuse = {
      action: 'ssm:ResumeSession',
      effect: {kind: 'error', code: 'AccessDeniedException', status: 400},
    } as const
    world.plane.disturbances.add(refuse)
    world.hub.cut(session.id)
    // The real one tries six times.
    await sleep(name === 'stand-in' ? 1000 : 8000)
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('ping')
    const answer = await Promise.race([once(socket, 'data'), once(socket, 'close'), sleep(500, 'silence')])
    expect(answer).toBe('silence')
    socket.destroy()
    // That one was in vain; the next one is its end.
    connect(port, '127.0.0.1').on('error', () => {})
    expect(await session.status()).toBe(0)
    expect(session.output()).toMatch(/\nCannot perform start session: [^\n]+\n$/)
    world.hub.terminate(session.id)
    world.sessions.end(session.id, 'api', Date.now())
    await session.forget()
  })

  it.skipIf(missing)('sends nothing any more when something was to be sent without a WebSocket', async () => {
    world.serve((socket) => void socket.pipe(socket))
    const session = await carryFromAws()
    const port = await session.port()
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    const closed = once(socket, 'close')
    socket.write('ping')
    await once(socket, 'data')
    world.plane.disturbances.add({action: 'ssm:ResumeSession', times: 1, effect: {kind: 'delay', ms: 1000}})
    world.hub.cut(session.id)
    await expect.poll(() => world.hub.session(session.id).connected).toBe(false)
    socket.write('lost')
    await expect.poll(() => world.hub.session(session.id).opens, {timeout: 20_000}).toBe(2)
    socket.write('and gone')
    expect(await Promise.race([once(socket, 'data'), closed, sleep(500, 'silence')])).toBe('silence')
    connect(port, '127.0.0.1').on('error', () => {})
    expect(await session.status()).toBe(0)
    expect(session.output()).toMatch(/\nCannot perform start session: [^\n]+\n$/)
    await closed
    world.hub.terminate(session.id)
    world.sessions.end(session.id, 'api', Date.now())
    await session.forget()
  })

  it.skipIf(missing)('goes on with all connections when nothing was to be sent without a WebSocket', async () => {
    world.serve((socket) => void socket.pipe(socket))
    const session = await carryFromAws()
    const socket = connect(await session.port(), '127.0.0.1').on('error', () => {})
    socket.write('ping')
    await once(socket, 'data')
    await expect.poll(() => world.hub.session(session.id).unacknowledged).toBe(0)
    world.hub.cut(session.id)
    await expect.poll(() => world.hub.session(session.id).opens, {timeout: 20_000}).toBe(2)
    socket.write('pong')
    expect(String(await once(socket, 'data'))).toBe('pong')
    socket.destroy()
    world.hub.terminate(session.id)
    world.sessions.end(session.id, 'api', Date.now())
    await session.forget()
  })
})
