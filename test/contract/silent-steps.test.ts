import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest'
import {dialPort} from '../../src/adapters/network/dial.js'
import {listenPort} from '../../src/adapters/network/listen.js'
import {prober} from '../../src/adapters/network/prober.js'
import {webSocketPort} from '../../src/adapters/network/websocket.js'
import {overflow} from '../../src/adapters/files/overflow.js'
import {privateFiles} from '../../src/adapters/files/private-files.js'
import {systemClock} from '../../src/adapters/processes/clock.js'
import {processes} from '../../src/adapters/processes/processes.js'
import type {ProbeLine} from '../../src/core/ports/network.js'
import {probe} from '../../src/databases/postgres/probe.js'
import type {Carrier, Carry, Link} from '../../src/links/link.js'
import type {CarrierChoice} from '../../src/links/session/carrier-choice.js'
import {chooseCarriers} from '../../src/links/session/choose-carriers.js'
import {nativeCarrier} from '../../src/links/session/native/carrier.js'
import {openSession} from '../../src/links/session/open-session.js'
import {pluginCarrier} from '../../src/links/session/plugin/carrier.js'
import type {StepLimits} from '../../src/links/session/step-limits.js'
import {type SilentStep} from '../sandbox/agent.js'
import {type Authority, createAuthority} from '../sandbox/database.js'
import {PLUGIN} from '../support/plugin.js'
import {BASTIONS, echoBehindTls, REGION, type SessionWorld, startSessionWorld} from '../support/session-world.js'
import {type RecordedRun, recordedRun} from '../unit/links/session/plugin/recorded-run.js'

// Each step from StartSession to the database falls silent, with real sockets, programs and signatures. The limits alone are
// shorter than real ones; test/e2e/silent-bastion.test.ts has those.

const HOST = 'prod-db.c1.eu-west-1.rds.amazonaws.com'
const FIRST = BASTIONS[0]?.id ?? ''
const talk = (line: ProbeLine) => probe(line)

const LIMITS: StepLimits = {grantMs: 700, webSocketMs: 1200, handshakeMs: 1200, dialMs: 2400, quietMs: 700}
/** For a data channel that does open, on a busy machine. */
const PATIENT = {webSocketMs: 30_000, handshakeMs: 30_000}
/** Of AWS's late answer to StartSession: after the limit, and before all is undone. */
const LATE_MS = 1500

type Step = 'grant' | SilentStep

/** What the error names, by carrier. */
const NAMED: Readonly<Record<Step, Readonly<Record<'native' | 'plugin', RegExp>>>> = {
  grant: {native: /no answer to StartSession/, plugin: /no answer to StartSession/},
  websocket: {native: /did not accept the WebSocket/, plugin: /no handshake with the SSM agent/},
  handshake: {native: /SSM agent .* is silent: .* no handshake/, plugin: /no handshake with the SSM agent/},
  dial: {native: /SSM agent there got no connection to the database/, plugin: /gave no answer through bastion/},
  data: {native: /SSM agent there has acknowledged nothing/, plugin: /gave no answer through bastion/},
}
const CASES = (Object.keys(NAMED) as Step[]).flatMap((step) =>
  (['native', 'plugin'] as const).map((choice) => [step, choice] as const),
)

let world: SessionWorld
let authority: Authority
let run: RecordedRun
/** The bastion to which no data channel opens. */
let mute: string | undefined

beforeAll(async () => {
  world = await startSessionWorld()
  authority = await createAuthority('Sandbox Root')
})

afterAll(() => world.close())

beforeEach(async () => {
  run = recordedRun()
  mute = undefined
  world.serve(echoBehindTls(await authority.issue([HOST])))
})

afterEach(async () => {
  expect(await run.end()).toEqual([])
  world.plane.disturbances.clear()
  for (const {id} of BASTIONS) world.hub.fallSilent(id, undefined)
  expect(world.sessions.open()).toEqual([])
  expect(await world.leftFiles()).toEqual([])
  await vi.waitFor(async () => expect(await world.programs()).toEqual([]), {timeout: 5000})
})

/** The first bastion is silent from this step on. */
function silence(step: Step): void {
  if (step === 'grant') {
    world.plane.disturbances.add({action: 'ssm:StartSession', times: 1, effect: {kind: 'delay', ms: LATE_MS}})
    return
  }
  world.hub.fallSilent(FIRST, step)
  if (step === 'websocket' || step === 'handshake') mute = FIRST
}

async function open(choice: CarrierChoice, bastions = BASTIONS): Promise<Link> {
  const {environment} = world
  const {aws} = world
  const ports = {aws, dial: dialPort, webSocket: webSocketPort, clock: systemClock, overflow}
  const more = {process: processes(), files: privateFiles(environment)}
  const carriers = await chooseCarriers(
    {choice, pluginFile: PLUGIN, environment},
    {native: nativeCarrier(ports), plugin: (plugin) => pluginCarrier({...ports, ...more}, plugin, environment)},
    processes(),
    run.say,
  )
  const patient = carriers.map((carrier): Carrier => {
    const limitsFor = (limits: Carry['limits'], bastion: string) => (mute === bastion ? limits : PATIENT)
    return {
      id: carrier.id,
      open: (one, within) => carrier.open({...one, limits: limitsFor(one.limits, one.bastion.id)}, within),
    }
  })
  const target = {
    name: 'prod-db',
    databaseKind: 'postgres',
    endpoint: {host: HOST, port: 5432},
    region: REGION,
    defaultDatabase: 'app',
    securityGroupIds: [],
  } as const
  const settings = {region: REGION, sslmode: 'verify-full', timeoutMs: 60_000} as const
  return openSession(
    {target, bastions, settings, authorities: authority.root, talk, carriers: patient, limits: LIMITS},
    {aws, prober, listen: listenPort, clock: systemClock},
    run,
  )
}

describe('with two bastions of which the first is silent', {timeout: 60_000}, () => {
  it.each(CASES)(
    'from the %s on, %s: the second carries the session, and one line names the first',
    async (step, choice) => {
      silence(step)
      const link = await open(choice)
      expect(link.via).toMatchObject({carrier: choice, bastion: BASTIONS[1]})
      expect(run.notices).toEqual([expect.stringMatching(NAMED[step][choice])])
      expect(run.notices[0]).toContain(FIRST)
      expect(run.notices[0]).toMatch(/Continuing with i-\w+ "bastion-b"\.$/)
      await vi.waitFor(() => expect(world.sessions.open().map(({id}) => id)).toEqual([link.id]), {timeout: 5000})
    },
  )
})

describe('with one bastion that is silent', {timeout: 60_000}, () => {
  it.each(CASES)('from the %s on, %s: the error names step and bastion', async (step, choice) => {
    silence(step)
    const error = await open(choice, BASTIONS.slice(0, 1)).catch((reason: unknown) => reason)
    const isDial = step === 'dial' || step === 'data'
    const code = isDial && choice === 'native' ? 'DATABASE_UNREACHABLE' : 'TIMEOUT'
    expect(error).toMatchObject({code, message: expect.stringMatching(NAMED[step][choice])})
    expect(error).toMatchObject({message: expect.stringContaining(FIRST)})
    // Only where the agent has spoken can a security group be to blame.
    if (code === 'TIMEOUT') expect((error as {hint: string}).hint).not.toMatch(/security group/)
  })
})

describe('auto', {timeout: 60_000}, () => {
  it('goes on without a plugin that is silent, and says what the agent does not do', async () => {
    silence('handshake')
    await expect(open('auto', BASTIONS.slice(0, 1))).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/SSM agent .* is silent/),
    })
    expect(run.notices).toEqual([expect.stringMatching(/Continuing without the plugin\.$/)])
  })
})

describe('a database that has taken the connection and wakes', {timeout: 60_000}, () => {
  it.each(['native', 'auto'] as const)('is waited for, with a line: %s', async (choice) => {
    const certificate = await authority.issue([HOST])
    world.serve((socket) => {
      // Until the line is there: later than any limit.
      const wakes = setInterval(() => {
        if (!run.notices.some((line) => /has taken the connection/.test(line))) return
        clearInterval(wakes)
        echoBehindTls(certificate)(socket)
      }, 50)
      socket.on('close', () => clearInterval(wakes))
    })
    const link = await open(choice, BASTIONS.slice(0, 1))
    expect(link.via.carrier).toBe('native')
    expect(run.notices.at(-1)).toMatch(/^prod-db has taken the connection, .* waking up\. Waiting for up to .* more/)
  })
})
