import {createHash, randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {connect, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../src/adapters/processes/clock.js'
import {findExecutable} from '../../src/adapters/processes/executables.js'
import {dialPort} from '../../src/adapters/network/dial.js'
import {listenPort} from '../../src/adapters/network/listen.js'
import {overflow} from '../../src/adapters/files/overflow.js'
import {privateFiles} from '../../src/adapters/files/private-files.js'
import {prober} from '../../src/adapters/network/prober.js'
import {processes} from '../../src/adapters/processes/processes.js'
import {webSocketPort} from '../../src/adapters/network/websocket.js'
import {probe} from '../../src/databases/postgres/probe.js'
import {fail} from '../../src/core/errors.js'
import type {SessionGrant} from '../../src/core/ports/aws.js'
import type {Prober} from '../../src/core/ports/network.js'
import {nativeCarrier} from '../../src/links/session/native/carrier.js'
import {openSession} from '../../src/links/session/open-session.js'
import {pluginCarrier} from '../../src/links/session/plugin/carrier.js'
import type {Carrier} from '../../src/links/link.js'
import {type Authority, type Certificate, createAuthority, EXPIRED} from '../sandbox/database.js'
import {
  allCommandLines,
  BASTIONS,
  echoBehindTls,
  REGION,
  type SessionWorld,
  startSessionWorld,
} from '../support/session-world.js'
import {atLocalEnd, type SessionAtLocalEnd} from '../support/at-local-end.js'
import {type RecordedRun, recordedRun} from '../unit/links/session/plugin/recorded-run.js'
import type {ProbeLine} from '../../src/core/ports/network.js'

/** Nobody logs in to be probed. */
const probing = (line: ProbeLine) => probe(line)

const HOST = 'prod-db.c1.eu-west-1.rds.amazonaws.com'
const STAND_IN = new URL('../sandbox/plugin/session-manager-plugin', import.meta.url).pathname
const named = process.env['DBTUNNEL_PLUGIN']
const REAL = named ?? (await findExecutable('session-manager-plugin', process.env['PATH'] ?? ''))

interface Candidate {
  readonly name: string
  /** Of the plugin's program; without it, the native carrier. */
  readonly file?: string | undefined
  readonly missing?: boolean
}

/** Whatever can carry a session does all that follows. */
const CANDIDATES: readonly Candidate[] = [
  {name: 'native'},
  {name: 'plugin (stand-in)', file: STAND_IN},
  {name: 'plugin (real)', file: REAL, missing: REAL === undefined || REAL === STAND_IN},
]

let world: SessionWorld
let authority: Authority
let certificate: Certificate

beforeAll(async () => {
  world = await startSessionWorld()
  authority = await createAuthority('Sandbox Root')
  certificate = await authority.issue([HOST])
})

afterAll(() => world.close())

for (const {name, file, missing = false} of CANDIDATES) {
  describe.skipIf(missing)(name, {timeout: 60_000}, () => {
    let run: RecordedRun
    let grants: SessionGrant[]
    const sockets = new Set<Socket>()

    beforeEach(() => {
      run = recordedRun()
      grants = []
      world.serve(echoBehindTls(certificate))
    })

    // After every test, good or bad.
    afterEach(async () => {
      for (const socket of sockets) socket.destroy()
      sockets.clear()
      expect(await run.end()).toEqual([])
      await expectNothingLeft()
    })

    async function expectNothingLeft(): Promise<void> {
      expect(world.sessions.open()).toEqual([])
      expect(await world.leftFiles()).toEqual([])
      expect(await world.programs()).toEqual([])
    }

    function carrier(): Carrier {
      const network = {dial: dialPort, webSocket: webSocketPort}
      const ports = {aws: world.aws, ...network, clock: systemClock, overflow}
      if (file === undefined) return nativeCarrier(ports, {uploadBytesPerSecond: 'unlimited'})
      const more = {process: processes(), files: privateFiles(world.environment)}
      return pluginCarrier({...ports, ...more}, {file, version: '1.2.677.0'}, world.environment)
    }

    async function open({probeMs = 10_000} = {}): Promise<SessionAtLocalEnd> {
      const {ssm} = world.aws
      const startSession: typeof ssm.startSession = async (...request) => {
        const grant = await ssm.startSession(...request)
        grants.push(grant)
        return grant
      }
      const session = await openSession(
        {
          target: {
            name: 'prod-db',
            databaseKind: 'postgres',
            endpoint: {host: HOST, port: 5432},
            region: REGION,
            defaultDatabase: 'app',
            securityGroupIds: ['sg-0db'],
          },
          bastions: BASTIONS,
          settings: {region: REGION, sslmode: 'verify-full', timeoutMs: 20_000},
          authorities: authority.root,
          talk: probing,
          carriers: [carrier()],
        },
        {aws: {ssm: {...ssm, startSession}}, prober: patience(probeMs), listen: listenPort, clock: systemClock},
        run,
      )
      return atLocalEnd(session)
    }

    async function dial({localPort}: SessionAtLocalEnd): Promise<Socket> {
      const socket = connect(localPort, '127.0.0.1')
      sockets.add(socket.on('error', () => {}))
      await once(socket, 'connect')
      return socket
    }

    it('opens once the database has answered, under the id that AWS gave it', async () => {
      const session = await open()
      const [record] = world.sessions.open()
      expect(session).toMatchObject({
        id: record?.id,
        via: {bastion: BASTIONS[0], carrier: file === undefined ? 'native' : 'plugin'},
      })
      expect(record).toMatchObject({target: BASTIONS[0]?.id, parameters: {host: [HOST], portNumber: ['5432']}})
      await run.end()
      expect(world.sessions.find(session.id)?.endedAt).toBeDefined()
    })

    it('carries bytes both ways', async () => {
      const socket = await dial(await open())
      const sent = randomBytes(2 * 1024 * 1024)
      const received = read(socket, sent.length)
      socket.write(sent)
      expect(digest(await received)).toBe(digest(sent))
    })

    it('carries twenty connections at once', async () => {
      const session = await open()
      const answers = await Promise.all(
        Array.from({length: 20}, async (_, index) => {
          const text = `connection ${index} `.repeat(1000)
          return (await talk(await dial(session), text)) === text
        }),
      )
      expect(answers).toEqual(Array<boolean>(20).fill(true))
    })

    it('tells within seconds that the bastion cannot reach the database', async () => {
      world.serve(undefined)
      const startedAt = Date.now()
      await expect(open()).rejects.toMatchObject({
        code: 'DATABASE_UNREACHABLE',
        message: expect.stringContaining(`${BASTIONS[1]?.id} "bastion-b" cannot reach ${HOST}:5432`),
        hint: expect.stringContaining('--group-id sg-0db'),
      })
      expect(Date.now() - startedAt).toBeLessThan(10_000)
      expect(run.notices).toEqual([expect.stringContaining(`${BASTIONS[0]?.id} "bastion-a" cannot reach ${HOST}:5432`)])
    })

    it('tells that the database does not answer', async () => {
      world.serve(() => {})
      await expect(open({probeMs: 200})).rejects.toMatchObject({
        code: 'TIMEOUT',
        message: expect.stringContaining('gave no answer'),
      })
    })

    it('tells what is wrong with the certificate', async () => {
      world.serve(echoBehindTls(await authority.issue([HOST], EXPIRED)))
      await expect(open()).rejects.toMatchObject({code: 'TLS_IDENTITY', message: expect.stringContaining('expired on')})
    })

    it('shows no secret in any command line', async () => {
      await open()
      const [grant] = grants
      const lines = await allCommandLines()
      const secrets = [grant?.tokenValue, new URL(grant?.streamUrl ?? '').search, world.secretKey]
      for (const secret of secrets) {
        expect(secret).toMatch(/.{10}/)
        expect(lines).not.toContain(secret)
      }
    })

    it('is over, with an error, when Session Manager ends it', async () => {
      const session = await open()
      const socket = await dial(session)
      await talk(socket, 'ping')
      const closed = new Promise((resolve) => socket.once('close', resolve))
      world.hub.terminate(session.id, 'Session was idle for 20 minutes')
      expect(await session.closed).toMatchObject({
        error: {code: 'TUNNEL_LOST', message: expect.stringContaining('Session was idle for 20 minutes')},
      })
      await closed
      await expect(dial(session)).rejects.toMatchObject({code: 'ECONNREFUSED'})
      await session.check()
    })

    it('leaves nothing when it is closed, however often', async () => {
      const session = await open()
      const socket = await dial(session)
      await talk(socket, 'ping')
      const closed = new Promise((resolve) => socket.once('close', resolve))
      await Promise.all([session.close(), session.close()])
      expect(await session.closed).toEqual({})
      await closed
      await expect(dial(session)).rejects.toMatchObject({code: 'ECONNREFUSED'})
      await expect.poll(() => world.sessions.open(), {timeout: 5000}).toEqual([])
      await expectNothingLeft()
    })

    describe('leaves nothing when the run is stopped', () => {
      const slowStart = {action: 'ssm:StartSession', times: 1, effect: {kind: 'delay', ms: 300}} as const
      const moments: readonly [string, () => void, () => boolean][] = [
        ['while AWS starts the session', () => world.plane.disturbances.add(slowStart), () => starts() > 0],
        ['when the session is granted', () => {}, () => world.sessions.open().length > 0],
        ['before the data channel opens', () => world.hub.behave({held: true}), () => grants.length > 0],
        ['in the handshake', () => world.hub.behave({delayMs: 300}), () => facts()?.phase === 'handshake'],
        ['when the channel is up', () => {}, () => facts()?.phase === 'ready'],
        ['while the database is asked', () => world.serve(() => {}), () => (facts()?.dialled ?? 0) > 0],
      ]
      let before = {log: 0, sessions: 0}
      const starts = (): number =>
        world.plane.log.slice(before.log).filter(({action}) => action === 'ssm:StartSession').length
      const facts = () => world.hub.sessions()[before.sessions]

      it.each(moments)('%s', async (_, prepare, reached) => {
        before = {log: world.plane.log.length, sessions: world.hub.sessions().length}
        prepare()
        const reason = fail('INTERRUPTED', 'Interrupted.')
        const refused = expect(open()).rejects.toBe(reason)
        while (!reached()) await sleep(2)
        run.stop.abort(reason)
        await refused
        const startedAt = Date.now()
        expect(await run.end()).toEqual([])
        expect(Date.now() - startedAt).toBeLessThan(2000)
        world.hub.behave({held: false, delayMs: 0})
        await expectNothingLeft()
      })
    })

    it.each<[string, (id: string) => void]>([
      ['is cut', (id) => world.hub.cut(id)],
      ['is closed with a frame, as about hourly', (id) => world.hub.hangUp(id)],
    ])('goes on when its idle WebSocket %s', async (_, lose) => {
      const session = await open()
      const socket = await dial(session)
      expect(await talk(socket, 'ping')).toBe('ping')
      await expect.poll(() => world.hub.session(session.id).unacknowledged).toBe(0)
      lose(session.id)
      await expect.poll(() => world.hub.session(session.id).opens, {timeout: 20_000}).toBe(2)
      expect(await talk(socket, 'pong')).toBe('pong')
      expect(await talk(await dial(session), 'ping')).toBe('ping')
      expect(world.sessions.find(session.id)?.resumed).toBe(1)
    })

    it('goes on when it is checked while an answer is waited for', async () => {
      const session = await open()
      const asked = new Promise<() => void>((resolve) => {
        world.serve((remote) => remote.once('data', (question) => resolve(() => remote.write(question))))
      })
      const socket = await dial(session)
      const answer = read(socket, 'question'.length)
      socket.write('question')
      const tell = await asked
      await session.check()
      tell()
      expect(String(await answer)).toBe('question')
      expect(await Promise.race([session.closed, Promise.resolve('open')])).toBe('open')
    })

    it('carries what is asked without a WebSocket, or is over as soon as it is checked', async () => {
      const session = await open()
      const socket = await dial(session)
      const cut = once(socket, 'close')
      expect(await talk(socket, 'ping')).toBe('ping')
      world.plane.disturbances.add({action: 'ssm:ResumeSession', times: 1, effect: {kind: 'delay', ms: 1000}})
      world.hub.cut(session.id)
      await expect.poll(() => world.hub.session(session.id).connected).toBe(false)
      if (file === undefined) return expect(await talk(socket, 'pong')).toBe('pong')
      socket.write('pong')
      await expect.poll(() => world.hub.session(session.id).opens, {timeout: 20_000}).toBe(2)
      await session.check()
      expect(await session.closed).toMatchObject({
        error: {code: 'TUNNEL_LOST', message: expect.stringContaining('The session-manager-plugin failed: ')},
      })
      await cut
    })

    // The real plugin corrupts or ends the stream then.
    it.skipIf(file !== undefined)('loses no byte when its WebSocket is cut under load, again and again', async () => {
      const session = await open()
      const socket = await dial(session)
      const sent = randomBytes(8 * 1024 * 1024)
      const received = read(socket, sent.length)
      socket.write(sent)
      for (let cut = 1; cut <= 5; cut++) {
        world.hub.cutAt(500, session.id)
        await expect.poll(() => world.hub.session(session.id).opens, {timeout: 20_000}).toBeGreaterThan(cut)
      }
      expect(digest(await received)).toBe(digest(sent))
    })

    it.skipIf(file === undefined)('is over, with an error, when its program is killed', async () => {
      const session = await open()
      const [pid] = await world.programs()
      process.kill(pid ?? 0, 'SIGKILL')
      expect(await session.closed).toMatchObject({
        error: {code: 'TUNNEL_LOST', message: expect.stringContaining('SIGKILL')},
      })
    })
  })
}

/** The real prober, in a greater hurry. */
function patience(timeoutMs: number): Prober {
  return {probe: (request, signal) => prober.probe({...request, timeoutMs}, signal)}
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function read(socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk)
      size += chunk.length
      if (size < length) return
      socket.off('data', onData)
      resolve(Buffer.concat(chunks))
    }
    socket.on('data', onData)
    socket.once('close', () => reject(new Error(`closed after ${size} of ${length} bytes`)))
  })
}

async function talk(socket: Socket, text: string): Promise<string> {
  const answer = read(socket, Buffer.byteLength(text))
  socket.write(text)
  return (await answer).toString()
}
