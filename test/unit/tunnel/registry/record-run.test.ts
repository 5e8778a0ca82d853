import {beforeEach, describe, expect, it} from 'vitest'
import {fail} from '../../../../src/core/errors.js'
import type {SsmApi, StartSessionRequest} from '../../../../src/core/ports/aws.js'
import type {ProcessIdentity, ProcessState} from '../../../../src/core/ports/hosts.js'
import type {StateFile, StatePort} from '../../../../src/core/ports/state.js'
import {readTunnelRecord, type TunnelRecord} from '../../../../src/core/results/tunnel-record.js'
import {recordRun} from '../../../../src/tunnel/registry/record-run.js'
import {sweep} from '../../../../src/tunnel/registry/sweep.js'
import {recordedRun} from '../../links/session/plugin/recorded-run.js'

const NOW = 1_700_000_000_000
const DAY_MS = 86_400_000
const SELF = {pid: 42, started: '7-a-b'}
const SCOPE = 'a'.repeat(64)
const ENDPOINT = 'https://ssm.eu-west-1.example.com'
const settings = {region: 'eu-west-1', profile: 'work'}
const parameters = {host: ['prod-db.abc.eu-west-1.rds.amazonaws.com'], portNumber: ['5432']}

/** What lies in the state folder, by owner. */
let files: Map<string, string>
let folderWritable: boolean
let ended: string[]
let refusal: Error | undefined
/** Why StartSession, or looking for a session, fails. */
let denial: Error | undefined
/** What AWS has granted, and lists: id by reason. */
let open: Map<string, string>
let isSameCaller: boolean
let now: number

beforeEach(() => {
  files = new Map()
  folderWritable = true
  ended = []
  refusal = undefined
  denial = undefined
  open = new Map()
  isSameCaller = true
  now = NOW
})

const keyOf = ({pid, started}: ProcessIdentity): string => `${pid}-${started}`
const stateAs = (process: ProcessState): StatePort => ({
  files: async () => [...files].map(([path, text]): StateFile => ({path, text})),
  async write({owner}, text) {
    if (!folderWritable) throw new Error('the disk is full')
    files.set(keyOf(owner), text)
  },
  remove: async ({owner}) => void files.delete(keyOf(owner)),
  self: () => SELF,
  look: () => process,
  pruneLogs: async () => {},
  signal: () => {},
})
const recorded = (): TunnelRecord => readTunnelRecord(files.get(keyOf(SELF)) ?? 'null')

let granted = 0
const ssm = {
  startSession: async ({reason = ''}) => {
    if (denial) throw denial
    const sessionId = `alice-b-0a${++granted}`
    open.set(reason, sessionId)
    return {sessionId, tokenValue: 'secret', streamUrl: 'wss://secret', awsDomains: undefined}
  },
  sessionsMarked: async (mark: string) => {
    if (denial) throw denial
    return [...open].flatMap(([reason, id]) => (reason.endsWith(mark) && !ended.includes(id) ? [id] : []))
  },
  terminateSession: async (id: string) => {
    if (refusal) throw refusal
    ended.push(id)
  },
  endpointUrl: async () => ENDPOINT,
} as Partial<SsmApi> as SsmApi

function openRun(aws: Pick<SsmApi, 'startSession'> = ssm) {
  const run = recordedRun()
  const ports = {
    aws: {ssm: {...ssm, ...aws}, scope: async () => SCOPE},
    clock: {now: () => now},
    state: stateAs('alive'),
  }
  const record = recordRun({command: 'open', target: 'prod-db', localPort: 15432, settings}, ports, run)
  const start = async (target: string): Promise<string> => {
    const {sessionId} = await record.ssm.startSession({target, document: 'D', parameters, reason: 'INC-1'})
    run.undo.push('session', 'network', () => record.ssm.terminateSession(sessionId))
    return sessionId
  }
  return {run, record, start}
}

const BASTION = 'i-0123456789abcdef0'

describe('the state file of a run', () => {
  it('says what is known, without a secret, and goes at the end', async () => {
    const {run, start} = openRun()
    const id = await start(BASTION)
    expect(recorded()).toEqual({
      owner: SELF,
      command: 'open',
      target: 'prod-db',
      account: {profile: 'work', region: 'eu-west-1', partition: 'aws', endpointUrl: ENDPOINT, scope: SCOPE},
      endpoint: {host: 'prod-db.abc.eu-west-1.rds.amazonaws.com', port: 5432},
      localPort: 15432,
      sessions: [{id, bastion: BASTION}],
      asked: [],
      since: NOW,
    })
    expect([...files.values()].join()).not.toContain('secret')
    expect(await run.end()).toEqual([])
    expect(ended).toEqual([id])
    expect(files.size).toBe(0)
  })

  it('names a session before AWS is asked for it, by what ends its reason', async () => {
    let [mark, noted]: (string | undefined)[] = []
    const {start, run} = openRun({
      async startSession(request) {
        ;[, mark] = /^INC-1 (dbtunnel:[0-9a-f]{12})$/.exec(request.reason ?? '') ?? []
        noted = files.get(keyOf(SELF))
        return ssm.startSession(request)
      },
    })
    await start(BASTION)
    expect(mark).toBeDefined()
    expect(readTunnelRecord(noted ?? 'null')).toMatchObject({sessions: [], asked: [{mark, bastion: BASTION, at: NOW}]})
    expect(recorded().asked).toEqual([])
    await run.end()
    expect(files.size).toBe(0)
  })

  it('goes when AWS grants none', async () => {
    denial = fail('ACCESS_DENIED', 'AWS does not allow you to call ssm:StartSession.')
    const {start, run} = openRun()
    await expect(start(BASTION)).rejects.toBe(denial)
    await run.end()
    expect(files.size).toBe(0)
  })

  it('names every session until it has ended: one that replaces another, and one that AWS would not end', async () => {
    const {run, record, start} = openRun()
    const [one, two] = [await start(BASTION), await start('i-0fedcba9876543210')]
    expect(recorded().sessions.map(({id}) => id)).toEqual([one, two])
    await record.ssm.terminateSession(one)
    expect(recorded().sessions).toEqual([{id: two, bastion: 'i-0fedcba9876543210'}])
    refusal = fail('AWS_UNREACHABLE', 'No network.')
    await run.end()
    expect(recorded().sessions.map(({id}) => id)).toEqual([two])
  })

  it('is no reason to stop where it cannot be written', async () => {
    folderWritable = false
    const {run, start} = openRun()
    await start(BASTION)
    expect(await run.end()).toEqual([])
  })
})

describe('the sweep', () => {
  const sweepAs = async (process: ProcessState): Promise<unknown> => {
    const asked: unknown[] = []
    const ssmOf = (account: unknown) => {
      asked.push(account)
      return {...ssm, isSameCaller: async () => isSameCaller}
    }
    const ports = {clock: {now: () => now}, files: {sweep: async () => {}}, ssmOf, state: stateAs(process)}
    await sweep(ports, {debug: () => {}}, new AbortController().signal)
    return asked
  }
  /** As kill -9 leaves it. */
  const left = async (): Promise<string> => openRun().start(BASTION)

  it('ends a dead owner’s sessions as that one had asked AWS, and takes its file out', async () => {
    const id = await left()
    expect(await sweepAs('dead')).toEqual([
      {profile: 'work', region: 'eu-west-1', partition: 'aws', endpointUrl: ENDPOINT, scope: SCOPE},
    ])
    expect(ended).toEqual([id])
    expect(files.size).toBe(0)
  })

  it.each(['alive', 'elsewhere'] as const)('leaves those of an owner that is %s', async (process) => {
    await left()
    expect(await sweepAs(process)).toEqual([])
    expect(files.size).toBe(1)
  })

  it('keeps what AWS refuses to end, with why, and gives it up when Session Manager must have ended it', async () => {
    await left()
    refusal = fail('CREDENTIALS_EXPIRED', 'The AWS credentials (profile work) have expired.')
    await sweepAs('dead')
    now += DAY_MS - 1
    await sweepAs('dead')
    expect(recorded().failure).toEqual({message: refusal.message, since: NOW})
    now += 1
    await sweepAs('dead')
    expect(files.size).toBe(0)
  })

  describe('of a session that was granted when its owner was dead', () => {
    /** As kill -9 within StartSession leaves it: the answer comes to nobody. */
    const unheard = async (): Promise<void> => {
      await new Promise<void>((asked) => {
        const startSession = async (request: StartSessionRequest): Promise<never> => {
          await ssm.startSession(request)
          asked()
          return new Promise(() => {})
        }
        void openRun({startSession}).start(BASTION)
      })
    }
    /** AWS lists them again when this is called. */
    const unlisted = (): (() => void) => {
      const all = open
      open = new Map()
      return () => (open = all)
    }

    it('finds it by its mark, and ends it and no other', async () => {
      open.set('INC-1 dbtunnel:0123456789ab', 'alice-b-0b1')
      open.set('INC-1', 'alice-b-0b2')
      await unheard()
      await sweepAs('dead')
      expect(ended).toEqual([`alice-b-0a${granted}`])
      expect(files.size).toBe(0)
    })

    it('looks again when AWS’s list may not have it yet, and gives it up when the list must have it', async () => {
      await unheard()
      const list = unlisted()
      now += 29_999
      await sweepAs('dead')
      expect(recorded()).toMatchObject({sessions: [], asked: [{at: NOW}]})
      list()
      await sweepAs('dead')
      expect(ended).toEqual([`alice-b-0a${granted}`])

      await unheard()
      unlisted()
      now += 30_000
      await sweepAs('dead')
      expect(files.size).toBe(0)
    })

    it('looks again for an hour where another account may be asked', async () => {
      await unheard()
      unlisted()
      isSameCaller = false
      now += 3_599_999
      await sweepAs('dead')
      expect(recorded().asked).toHaveLength(1)
      now += 1
      await sweepAs('dead')
      expect(files.size).toBe(0)
    })

    it('keeps it when AWS will not list sessions, with the statement that allows it, for a day', async () => {
      await unheard()
      denial = fail('ACCESS_DENIED', 'AWS does not allow you to call ssm:DescribeSessions.', {
        hint: '{"Effect":"Allow"}',
      })
      await sweepAs('dead')
      now += DAY_MS - 1
      await sweepAs('dead')
      expect(recorded()).toMatchObject({asked: [{at: NOW}], failure: {since: NOW}})
      expect(recorded().failure?.message).toBe(`${denial.message}\n{"Effect":"Allow"}`)
      now += 1
      await sweepAs('dead')
      expect(files.size).toBe(0)
    })
  })

  it('is not stopped by a file that it cannot read, and leaves that', async () => {
    await left()
    const text = files.get(keyOf(SELF)) ?? ''
    files.set('broken', text.slice(0, -10))
    files.set('hostile', text.replace(BASTION, '--delete'))
    files.set('list', '[]')
    await sweepAs('dead')
    expect([...files.keys()].sort()).toEqual(['broken', 'hostile', 'list'])
  })
})
