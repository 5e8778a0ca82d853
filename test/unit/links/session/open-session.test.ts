import {once} from 'node:events'
import {setImmediate} from 'node:timers/promises'
import {describe, expect, it} from 'vitest'
import type {Bastion} from '../../../../src/bastions/bastion.js'
import type {Settings} from '../../../../src/settings/settings.js'
import {fail} from '../../../../src/core/errors.js'
import {type StartSessionAnswer, type StartSessionRequest, TargetNotConnected} from '../../../../src/core/ports/aws.js'
import type {ProbeOutcome, ProbeRequest} from '../../../../src/core/ports/network.js'
import type {Target} from '../../../../src/targets/target.js'
import {STEP_LIMITS, type StepLimits} from '../../../../src/links/session/step-limits.js'
import {openSession, type SessionPorts} from '../../../../src/links/session/open-session.js'
import type {Carry, Link, LinkEnd, Carrier} from '../../../../src/links/link.js'
import {recordedRun} from './plugin/recorded-run.js'

const HOST = 'prod-db.c1.eu-west-1.rds.amazonaws.com'
const TARGET: Target = {
  name: 'prod-db',
  databaseKind: 'postgres',
  endpoint: {host: HOST, port: 5433},
  region: 'eu-west-1',
  defaultDatabase: 'app',
  securityGroupIds: ['sg-0db'],
}
const BASTIONS = [
  {id: 'i-1', name: 'bastion-a'},
  {id: 'i-2', name: 'bastion-b'},
]
const ONE = BASTIONS.slice(0, 1)
const SETTINGS: Settings = {
  region: 'eu-west-1',
  profile: 'work',
  bastion: {kind: 'tagged'},
  localPort: 0,
  resolve: 'auto',
  carrier: 'auto',
  sslmode: 'verify-full',
  cache: true,
  reason: 'INC-123',
  timeoutMs: 5000,
  keepAlive: false,
  production: false,
  readOnly: false,
  requireReason: false,
  allowOtherUsers: false,
  ownPort: true,
  autoLogin: false,
  tcp: false,
}
const TALK = async () => 'answered' as const
const ANSWERED: ProbeOutcome = {kind: 'answered', tls: 'TLSv1.3', validUntil: Infinity}

interface Scene {
  readonly settings?: Partial<Settings>
  readonly bastions?: readonly Bastion[]
  readonly carriers?: readonly Carrier[]
  /** What the probes find, one after the other; the last one from then on. */
  readonly outcomes?: readonly ProbeOutcome[]
  readonly startSession?: SessionPorts['aws']['ssm']['startSession']
  readonly limits?: StepLimits
  readonly probe?: (request: ProbeRequest, signal?: AbortSignal) => Promise<ProbeOutcome>
}

function stage(scene: Scene = {}) {
  const run = recordedRun()
  const started: StartSessionRequest[] = []
  const terminated: string[] = []
  const probed: ProbeRequest[] = []
  const outcomes = [...(scene.outcomes ?? [ANSWERED])]
  const ports = {
    aws: {
      ssm: {
        async startSession(request, signal, sends) {
          started.push(request)
          if (scene.startSession) return scene.startSession(request, signal, sends)
          return {
            sessionId: `s-${started.length}`,
            tokenValue: 'secret',
            streamUrl: 'wss://example/',
            awsDomains: undefined,
          }
        },
        terminateSession: async (id) => void terminated.push(id),
      },
    },
    prober: {
      async probe(request, signal) {
        probed.push(request)
        if (scene.probe) return scene.probe(request, signal)
        return (outcomes.length > 1 ? outcomes.shift() : outcomes[0]) ?? ANSWERED
      },
    },
    listen: {listen: async () => ({port: 40_000, stop: () => {}, close: async () => {}})},
    // A limit is never over, a pause at once.
    clock: {
      now: () => 0,
      sleep: async (ms, signal) => {
        await (ms < 1000 ? setImmediate(undefined, {signal}) : once(signal as AbortSignal, 'abort'))
        signal?.throwIfAborted()
      },
    },
  } satisfies SessionPorts
  const open = (): Promise<Link> =>
    openSession(
      {
        target: TARGET,
        bastions: scene.bastions ?? BASTIONS,
        limits: scene.limits,
        settings: {...SETTINGS, ...scene.settings},
        authorities: 'PEM',
        talk: TALK,
        carriers: scene.carriers ?? [carrier('native')],
      },
      ports,
      run,
    )
  return {run, ports, started, terminated, probed, open}
}

interface CarrierScene {
  readonly fails?: Error
  readonly closed?: Promise<LinkEnd>
  readonly failedDials?: () => number
  readonly seen?: Carry[]
}

function carrier(id: Carrier['id'], {fails, closed, failedDials = () => 0, seen = []}: CarrierScene = {}): Carrier {
  return {
    id,
    async open(carry) {
      seen.push(carry)
      if (fails) throw fails
      return {
        id: carry.grant.sessionId,
        via: {kind: 'session', bastion: carry.bastion, carrier: id},
        closed: closed ?? new Promise(() => {}),
        failedDials,
        accept: () => {},
        check: async () => {},
        close: async () => {},
      }
    },
  }
}

describe('a session', () => {
  it('is started on the first bastion with the remote-host document, carried, and proven by the database', async () => {
    const seen: Carry[] = []
    const {open, started, probed, run, terminated} = stage({
      carriers: [carrier('plugin', {seen})],
    })
    const session = await open()
    expect(session).toMatchObject({id: 's-1', via: {carrier: 'plugin', bastion: BASTIONS[0]}})
    expect(started).toEqual([
      {
        target: 'i-1',
        document: 'AWS-StartPortForwardingSessionToRemoteHost',
        parameters: {host: [HOST], portNumber: ['5433'], localPortNumber: ['0']},
        reason: 'INC-123',
      },
    ])
    expect(seen).toMatchObject([{region: 'eu-west-1', profile: 'work', bastion: BASTIONS[0], request: started[0]}])
    expect(probed).toEqual([
      {port: 40_000, host: HOST, authorities: 'PEM', verifyName: true, talk: TALK, timeoutMs: 3750},
    ])
    expect(terminated).toEqual([])
    expect(await run.end()).toEqual([])
    expect(terminated).toEqual(['s-1'])
  })

  it('is not compared by name under verify-ca', async () => {
    const {open, probed} = stage({settings: {sslmode: 'verify-ca'}})
    await open()
    expect(probed).toMatchObject([{verifyName: false}])
  })
})

describe('bastions', () => {
  const notConnected = async ({target}: StartSessionRequest): Promise<StartSessionAnswer> => {
    if (target === 'i-1') throw new TargetNotConnected('i-1 is not connected.')
    return {sessionId: 's', tokenValue: 't', streamUrl: 'wss://example/', awsDomains: undefined}
  }

  it('are tried in order when one is not connected', async () => {
    const {open} = stage({startSession: notConnected})
    expect(await open()).toMatchObject({via: {bastion: BASTIONS[1]}})
  })

  it('are each named when none is connected', async () => {
    const {open} = stage({startSession: async () => Promise.reject(new TargetNotConnected('no'))})
    await expect(open()).rejects.toMatchObject({
      code: 'BASTION_NONE',
      hint: expect.stringMatching(/^i-1 "bastion-a": .*\ni-2 "bastion-b": /),
    })
  })

  it('are not tried further when AWS refuses for another reason', async () => {
    const denied = fail('ACCESS_DENIED', 'ssm:StartSession is not allowed.')
    const {open, started} = stage({startSession: async () => Promise.reject(denied)})
    await expect(open()).rejects.toBe(denied)
    expect(started).toHaveLength(1)
  })
})

describe('a stream that leads to where it must not', () => {
  it.each(['plugin', 'native'] as const)('is not given to the %s carrier, and the session is ended', async (id) => {
    const streamUrl = 'ws://10.0.0.9:80/v1/data-channel/s?secret=S'
    const grant = {sessionId: 's', tokenValue: 't', streamUrl, awsDomains: undefined}
    const carried: Carry[] = []
    const {open, run, terminated} = stage({
      carriers: [{id, open: async (carry) => Promise.reject(new Error(`carried: ${carried.push(carry)}`))}],
      startSession: async () => grant,
    })
    await expect(open()).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('(ws://10.0.0.9)'),
    })
    expect(carried).toEqual([])
    await run.end()
    expect(terminated).toEqual(['s'])
  })
})

describe('a bastion that fails', () => {
  const silent = fail('TIMEOUT', 'The agent is silent.', {hint: 'Its disk may be full.\nRestart it.'})
  const out = fail('DATABASE_UNREACHABLE', 'The connection failed.')
  /** Fails on bastion-a alone. */
  const failing = (id: Carrier['id'], error: Error): Carrier => ({
    id,
    open: (carry, run) => carrier(id, carry.bastion.id === 'i-1' ? {fails: error} : {}).open(carry, run),
  })

  it('gives way to the next, in one line that says why; its session is ended', async () => {
    const {open, run, terminated} = stage({carriers: [failing('native', silent)]})
    expect(await open()).toMatchObject({via: {bastion: BASTIONS[1]}})
    expect(run.notices).toEqual(['The agent is silent. Its disk may be full. Continuing with i-2 "bastion-b".'])
    expect(terminated).toEqual(['s-1'])
  })

  it('gives way to the next when it cannot reach the database; nothing unseen is blamed', async () => {
    const {open, run} = stage({carriers: [failing('native', out)]})
    expect(await open()).toMatchObject({via: {bastion: BASTIONS[1]}})
    expect(run.notices).toEqual([
      `Bastion i-1 "bastion-a" cannot reach ${HOST}:5433. The connection failed. Continuing with i-2 "bastion-b".`,
    ])
  })

  it('or a plugin that is silent: both are changed at once, for it does not say which', async () => {
    const {open, run, started} = stage({carriers: [failing('plugin', silent), carrier('native')]})
    expect(await open()).toMatchObject({via: {bastion: BASTIONS[1], carrier: 'native'}})
    expect(run.notices).toEqual([expect.stringMatching(/Continuing with i-2 "bastion-b", without the plugin\.$/)])
    expect(started).toHaveLength(2)
  })

  it('or a plugin that is silent, where there is one bastion: it has another chance without the plugin', async () => {
    const {open, run} = stage({bastions: ONE, carriers: [failing('plugin', silent), carrier('native')]})
    expect(await open()).toMatchObject({via: {bastion: BASTIONS[0], carrier: 'native'}})
    expect(run.notices).toEqual([expect.stringMatching(/Continuing without the plugin\.$/)])
  })

  it('is followed by two others at most', async () => {
    const bastions = [1, 2, 3, 4, 5].map((number) => ({id: `i-${number}`}))
    const {open, started} = stage({bastions, outcomes: [{kind: 'closed'}]})
    await expect(open()).rejects.toMatchObject({code: 'DATABASE_UNREACHABLE'})
    expect(new Set(started.map(({target}) => target))).toEqual(new Set(['i-1', 'i-2', 'i-3']))
  })

  it('is the error where there is no other', async () => {
    await expect(stage({bastions: ONE, carriers: [failing('native', silent)]}).open()).rejects.toBe(silent)
  })
})

describe('a plugin that proves unusable', () => {
  const unusable = fail('PLUGIN_UNUSABLE', 'The plugin gave up.')

  it('makes way for the native carrier, with a session of its own on the same bastion', async () => {
    let granted = 0
    const {open, run, started, terminated} = stage({
      carriers: [carrier('plugin', {fails: unusable}), carrier('native')],
      startSession: async ({target}) => {
        if (target === 'i-1') throw new TargetNotConnected('no')
        return {sessionId: `s-${++granted}`, tokenValue: 't', streamUrl: 'wss://example/', awsDomains: undefined}
      },
    })
    expect(await open()).toMatchObject({id: 's-2', via: {carrier: 'native', bastion: BASTIONS[1]}})
    expect(started.map(({target}) => target)).toEqual(['i-1', 'i-2', 'i-2'])
    expect(run.notices).toEqual(['The plugin gave up. Continuing without it.'])
    expect(terminated).toEqual(['s-1'])
    await run.end()
    expect(terminated).toEqual(['s-1', 's-2'])
  })

  it('is the error when there is nothing else', async () => {
    await expect(stage({carriers: [carrier('plugin', {fails: unusable})]}).open()).rejects.toBe(unusable)
  })

  it('is not left for what another carrier would not mend', async () => {
    const denied = fail('ACCESS_DENIED', 'Not allowed.')
    const {open, started} = stage({carriers: [carrier('plugin', {fails: denied}), carrier('native')]})
    await expect(open()).rejects.toBe(denied)
    expect(started).toHaveLength(1)
  })
})

describe('a database that does not answer as it should', () => {
  const RULE =
    'aws ec2 authorize-security-group-ingress --group-id sg-0db --protocol tcp --port 5433 ' +
    '--source-group BASTION_SECURITY_GROUP --region eu-west-1'

  it('closed: names bastion, host, port and the rule to add', async () => {
    await expect(stage({bastions: ONE, outcomes: [{kind: 'closed'}]}).open()).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      exitCode: 69,
      message: `Bastion i-1 "bastion-a" cannot reach ${HOST}:5433. The connection was closed before the database answered.`,
      hint: expect.stringContaining(RULE),
    })
  })

  it('closed at first: is asked again, for the agent may need a moment', async () => {
    const {open, probed} = stage({outcomes: [{kind: 'closed'}, {kind: 'closed'}, ANSWERED]})
    await open()
    expect(probed).toHaveLength(3)
  })

  it('closed, and the agent says that its connection failed: is not asked again', async () => {
    const failedDials = (): number => probed.length
    const {open, probed} = stage({
      bastions: ONE,
      outcomes: [{kind: 'closed'}],
      carriers: [carrier('native', {failedDials})],
    })
    await expect(open()).rejects.toMatchObject({message: expect.stringContaining('The SSM agent there says')})
    expect(probed).toHaveLength(1)
  })

  it('closed after a while: is not asked again, for the connection was passed on', async () => {
    const {open, ports, probed} = stage({
      bastions: ONE,
      probe: async () => {
        ports.clock.now = () => 1500
        return {kind: 'closed'}
      },
    })
    await expect(open()).rejects.toMatchObject({code: 'DATABASE_UNREACHABLE'})
    expect(probed).toHaveLength(1)
  })

  it.each<[ProbeOutcome, string, number, RegExp]>([
    [{kind: 'silent'}, 'TIMEOUT', 75, /:5433 gave no answer through bastion i-1/],
    [{kind: 'clear'}, 'PROTOCOL', 76, /offers no TLS/],
    [
      {kind: 'untrusted', reason: 'its certificate expired'},
      'TLS_IDENTITY',
      76,
      /did not prove its identity: its certificate expired\.$/,
    ],
  ])('%o', async (outcome, code, exitCode, message) => {
    const {open, probed} = stage({bastions: ONE, outcomes: [outcome]})
    await expect(open()).rejects.toMatchObject({code, exitCode, message: expect.stringMatching(message)})
    expect(probed).toHaveLength(1)
  })

  it('is told with the rule, too, when the carrier finds it out', async () => {
    const fails = fail('DATABASE_UNREACHABLE', 'Session Manager ended the session: Unable to connect.')
    await expect(stage({bastions: ONE, carriers: [carrier('native', {fails})]}).open()).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: `Bastion i-1 "bastion-a" cannot reach ${HOST}:5433. ${fails.message}`,
      hint: expect.stringContaining(RULE),
    })
  })
})

describe('an end that comes early', () => {
  it("is told by the session's own error, whatever the probe found", async () => {
    const lost = fail('TUNNEL_LOST', 'The plugin was killed.')
    const closed = Promise.resolve({error: lost})
    await expect(
      stage({bastions: ONE, carriers: [carrier('plugin', {closed})], outcomes: [{kind: 'closed'}]}).open(),
    ).rejects.toBe(lost)
  })

  it('stops a probe that is under way', async () => {
    let end!: (end: LinkEnd) => void
    const closed = new Promise<LinkEnd>((resolve) => (end = resolve))
    let probing!: AbortSignal | undefined
    const {open} = stage({
      bastions: ONE,
      carriers: [carrier('plugin', {closed})],
      probe: (_, signal) => {
        probing = signal
        end({})
        return new Promise(() => {})
      },
    })
    await expect(open()).rejects.toMatchObject({code: 'TUNNEL_LOST'})
    expect(probing?.aborted).toBe(true)
  })
})

describe('a signal', () => {
  it('leaves a StartSession under way alone, and the undo terminates what it grants', async () => {
    let grant!: (grant: StartSessionAnswer) => void
    const {open, run, terminated} = stage({startSession: () => new Promise((resolve) => (grant = resolve))})
    const opening = open()
    await Promise.resolve()
    await Promise.resolve()
    const reason = fail('INTERRUPTED', 'Interrupted.')
    run.stop.abort(reason)
    await expect(opening).rejects.toBe(reason)
    const ending = run.end()
    grant({sessionId: 's-late', tokenValue: 't', streamUrl: 'wss://example/', awsDomains: undefined})
    expect(await ending).toEqual([])
    expect(terminated).toEqual(['s-late'])
  })

  it('starts nothing more', async () => {
    const {open, run, started} = stage()
    run.stop.abort(fail('INTERRUPTED', 'Interrupted.'))
    await expect(open()).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(started).toEqual([])
  })

  it('stops the probe with its own reason', async () => {
    const {open, run} = stage({
      probe: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
          run.stop.abort(fail('TERMINATED', 'Asked to stop.'))
        }),
    })
    await expect(open()).rejects.toMatchObject({code: 'TERMINATED'})
  })
})

describe('a run that is being undone', () => {
  it('starts nothing more', async () => {
    const {open, run, started} = stage()
    await run.end()
    await expect(open()).rejects.toMatchObject({code: 'SESSION_FAILED'})
    expect(started).toEqual([])
  })

  it('carries no session that AWS grants meanwhile, and terminates it', async () => {
    let grant!: (grant: StartSessionAnswer) => void
    const seen: Carry[] = []
    const {open, run, terminated} = stage({
      carriers: [carrier('native', {seen})],
      startSession: () => new Promise((resolve) => (grant = resolve)),
    })
    const refused = expect(open()).rejects.toMatchObject({code: 'SESSION_FAILED'})
    await setImmediate()
    const ending = run.end()
    grant({sessionId: 's-late', tokenValue: 't', streamUrl: 'wss://example/', awsDomains: undefined})
    await Promise.all([refused, ending])
    expect(seen).toEqual([])
    expect(terminated).toEqual(['s-late'])
  })
})

describe('time', () => {
  it('is kept back from the whole, so that the one who does not answer can be named', async () => {
    const {open, probed} = stage({
      bastions: ONE,
      settings: {timeoutMs: 60_000},
      outcomes: [{kind: 'silent'}],
    })
    await expect(open()).rejects.toMatchObject({message: expect.stringContaining('through bastion i-1')})
    expect(probed).toMatchObject([{timeoutMs: 45_000}])
  })

  it('is bounded while AWS does not answer', async () => {
    const {open} = stage({
      bastions: ONE,
      limits: {...STEP_LIMITS, grantMs: 20},
      startSession: (_request, _signal, sends) => new Promise(() => sends?.()),
    })
    await expect(open()).rejects.toMatchObject({code: 'TIMEOUT', message: expect.stringContaining('StartSession')})
  })
})
