import {mkdtemp, rm} from 'node:fs/promises'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest'
import {systemClock} from '../../src/adapters/processes/clock.js'
import {dialPort} from '../../src/adapters/network/dial.js'
import {listenPort} from '../../src/adapters/network/listen.js'
import {overflow} from '../../src/adapters/files/overflow.js'
import {privateFiles} from '../../src/adapters/files/private-files.js'
import {prober} from '../../src/adapters/network/prober.js'
import {processes} from '../../src/adapters/processes/processes.js'
import {webSocketPort} from '../../src/adapters/network/websocket.js'
import {probe} from '../../src/databases/postgres/probe.js'
import type {CarrierChoice} from '../../src/links/session/carrier-choice.js'
import {chooseCarriers} from '../../src/links/session/choose-carriers.js'
import {nativeCarrier} from '../../src/links/session/native/carrier.js'
import {STEP_LIMITS} from '../../src/links/session/step-limits.js'
import {openSession} from '../../src/links/session/open-session.js'
import {pluginCarrier} from '../../src/links/session/plugin/carrier.js'
import {type Authority, createAuthority} from '../sandbox/database.js'
import {failingPlugin} from '../support/plugin.js'
import {BASTIONS, echoBehindTls, REGION, type SessionWorld, startSessionWorld} from '../support/session-world.js'
import {atLocalEnd, type SessionAtLocalEnd} from '../support/at-local-end.js'
import {type RecordedRun, recordedRun} from '../unit/links/session/plugin/recorded-run.js'
import type {ProbeLine} from '../../src/core/ports/network.js'

/** Nobody logs in to be probed. */
const talk = (line: ProbeLine) => probe(line)

const HOST = 'prod-db.c1.eu-west-1.rds.amazonaws.com'

let world: SessionWorld
let authority: Authority
/** For the plugins that fail. */
let folder: string
let run: RecordedRun

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-plugins-'))
  world = await startSessionWorld()
  authority = await createAuthority('Sandbox Root')
  world.serve(echoBehindTls(await authority.issue([HOST])))
})

afterAll(async () => {
  await world.close()
  await rm(folder, {recursive: true})
})

beforeEach(() => {
  run = recordedRun()
})

// However the plugin failed: nothing is left.
afterEach(async () => {
  expect(await run.end()).toEqual([])
  expect(world.sessions.open()).toEqual([])
  expect(await world.leftFiles()).toEqual([])
  // One that was killed is gone a moment later.
  await vi.waitFor(async () => expect(await world.programs()).toEqual([]), {timeout: 5000})
})

/** As a flow opens a session, with the stand-in failing as the real plugin does. */
async function open(
  fault: string,
  {choice = 'plugin', timeoutMs = 15_000}: {choice?: CarrierChoice; timeoutMs?: number} = {},
): Promise<SessionAtLocalEnd> {
  const {environment} = world
  const network = {dial: dialPort, webSocket: webSocketPort}
  const ports = {aws: world.aws, ...network, clock: systemClock, overflow}
  const more = {process: processes(), files: privateFiles(environment)}
  const carriers = await chooseCarriers(
    {choice, pluginFile: failingPlugin(fault, folder), environment},
    {native: nativeCarrier(ports), plugin: (plugin) => pluginCarrier({...ports, ...more}, plugin, environment)},
    processes(),
    run.say,
  )
  const session = await openSession(
    {
      target: {
        name: 'prod-db',
        databaseKind: 'postgres',
        endpoint: {host: HOST, port: 5432},
        region: REGION,
        defaultDatabase: 'app',
        securityGroupIds: [],
      },
      bastions: BASTIONS,
      settings: {region: REGION, sslmode: 'verify-full', timeoutMs},
      authorities: authority.root,
      talk,
      carriers,
      // Starting a program may take long on a busy machine.
      limits: {...STEP_LIMITS, handshakeMs: timeoutMs},
    },
    {aws: {ssm: world.aws.ssm}, prober, listen: listenPort, clock: systemClock},
    run,
  )
  return atLocalEnd(session)
}

describe('a plugin that fails', {timeout: 30_000}, () => {
  it.each<[string, string, string, number]>([
    ['hangs because it cannot dial', 'hang-dial', 'TIMEOUT', 75],
    ['hangs because its port is taken', 'hang-port', 'TIMEOUT', 75],
    ['gives up with status 0', 'setup-error', 'PLUGIN_UNUSABLE', 78],
    ['ends without a word and with status 0', 'quit', 'PLUGIN_UNUSABLE', 78],
    ['panics', 'panic', 'PLUGIN_UNUSABLE', 78],
    ['is killed within its first words', 'kill-after-bytes:20', 'PLUGIN_UNUSABLE', 78],
    ['is killed as soon as it listens', 'kill-listening', 'TUNNEL_LOST', 75],
    ['is killed by the first connection', 'kill-at-connection:1', 'TUNNEL_LOST', 75],
    ['is too old', 'old', 'PLUGIN_UNUSABLE', 78],
    ['does not tell its version', 'hang-version', 'PLUGIN_UNUSABLE', 78],
  ])('because it %s', async (_, fault, code, exitCode) => {
    // Long enough for a busy machine, short where waiting is the point.
    const timeoutMs = code === 'TIMEOUT' ? 2000 : 15_000
    await expect(open(fault, {timeoutMs})).rejects.toMatchObject({code, exitCode})
  })

  it.each([
    ['gives up', 'setup-error'],
    ['panics', 'panic'],
    ['is too old', 'old'],
  ])('and makes way for the native carrier under auto: it %s', async (_, fault) => {
    const session = await open(fault, {choice: 'auto'})
    expect(session.via.carrier).toBe('native')
    expect(run.notices).toEqual([expect.stringMatching(/Continuing without it\.$/)])
    expect(world.sessions.open().map(({id}) => id)).toEqual([session.id])
  })
})

describe('a plugin that works all the same', {timeout: 30_000}, () => {
  it('though it listens on ::1 alone, as where /etc/hosts has only ::1 for localhost (case 2)', async () => {
    const session = await open('only-ipv6')
    expect(session.via.carrier).toBe('plugin')
    expect(run.notices).toEqual([])
  })

  it('though its output comes byte by byte', async () => {
    expect((await open('trickle')).localPort).toBeGreaterThan(0)
  })

  it('and does not go when it is asked to: is killed, within a second', async () => {
    const session = await open('ignore-sigint')
    const startedAt = Date.now()
    await session.close()
    expect(Date.now() - startedAt).toBeLessThan(1000)
    expect(await session.closed).toEqual({})
  })

  it('and dies in the midst of its work', async () => {
    // The first connection is the probe.
    const session = await open('kill-at-connection:2')
    connect(session.localPort, '127.0.0.1').on('error', () => {})
    expect(await session.closed).toMatchObject({error: {code: 'TUNNEL_LOST'}})
  })

  it('and stays alive and dead after a failed resume: a second connection tells', async () => {
    const session = await open('dead-resume')
    world.hub.cut(session.id)
    const request = {
      port: session.localPort,
      host: HOST,
      authorities: authority.root,
      verifyName: true,
      talk,
      timeoutMs: 500,
    }
    await expect.poll(() => prober.probe(request), {timeout: 10_000}).toEqual({kind: 'silent'})
    expect(await Promise.race([session.closed, Promise.resolve('alive')])).toBe('alive')
    await session.check()
    expect(await session.closed).toMatchObject({error: {code: 'TUNNEL_LOST'}})
  })
})
