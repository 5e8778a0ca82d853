import {beforeEach, describe, expect, it} from 'vitest'
import {fail} from '../../../../src/core/errors.js'
import {type AuditedRun, type AuditTrail, auditTrail} from '../../../../src/tunnel/observers/audit.js'
import type {Session} from '../../../../src/links/link.js'

const NOW = Date.parse('2026-11-20T03:00:00Z')
const session = (id: string, bastion: string) => ({id, bastion: {id: bastion}}) as Session

const run = {
  command: 'psql',
  target: 'prod-db',
  settings: {readOnly: true, reason: 'INC-1', profile: 'work'},
  tunnel: {
    target: {region: 'eu-west-1', endpoint: {host: 'prod-db.abc.eu-west-1.rds.amazonaws.com', port: 5432}},
    caller: {account: '1', arn: 'arn:aws:iam::1:user/alice', name: 'alice'},
    user: 'alice',
    database: 'app',
    opened: {session: session('alice-0a', 'i-1')},
  },
} as unknown as AuditedRun

let lines: string[]
let notices: string[]
let now: number
let problem: string | undefined
beforeEach(() => {
  lines = []
  notices = []
  now = NOW
  problem = undefined
})

function audit<T>(work: (trail: AuditTrail) => Promise<T>, statusOf: (result: T) => number = () => 0): Promise<T> {
  const append = async (line: string): Promise<void> => {
    if (problem !== undefined) throw new Error(problem)
    lines.push(line)
  }
  const log = {osUser: 'al', machine: 'desk', append}
  const say = {notice: (line: string) => void notices.push(line)}
  const trail = auditTrail({audit: log, clock: {now: () => now}, say})
  return trail.end(work(trail), statusOf)
}

const events = (): unknown[] => lines.map((line) => JSON.parse(line) as unknown)

const facts = {
  run: 'alice-0a',
  start: '2026-11-20T03:00:00.000Z',
  osUser: 'al',
  machine: 'desk',
  command: 'psql',
  target: 'prod-db',
  reason: 'INC-1',
  readOnly: true,
  aws: 'arn:aws:iam::1:user/alice',
  profile: 'work',
  region: 'eu-west-1',
  endpoint: 'prod-db.abc.eu-west-1.rds.amazonaws.com:5432',
  user: 'alice',
  database: 'app',
  bastion: 'i-1',
  session: 'alice-0a',
}

describe('the audit log', () => {
  it('has who, what and why when it begins, and the same with time and status when it ends', async () => {
    const work = async (trail: AuditTrail): Promise<number> => {
      await trail.start(run)
      expect(events()).toEqual([{event: 'start', ...facts}])
      now += 90_000
      return 3
    }
    expect(await audit(work, (status) => status)).toBe(3)
    expect(events().slice(1)).toEqual([{event: 'end', ...facts, end: '2026-11-20T03:01:30.000Z', status: 3}])
  })

  it('has the status of a failure, too', async () => {
    const lost = fail('TUNNEL_LOST', 'Lost.')
    await expect(
      audit(async (trail) => {
        await trail.start(run)
        throw lost
      }),
    ).rejects.toBe(lost)
    expect(events()[1]).toMatchObject({event: 'end', status: 75})
  })

  it('has every session of a run', async () => {
    await audit(async (trail) => {
      await trail.start(run)
      await trail.replaced(session('alice-0b', 'i-2'))
    })
    expect(events().slice(1)).toMatchObject([
      {event: 'session', run: 'alice-0a', session: 'alice-0b', bastion: 'i-2'},
      {event: 'end', run: 'alice-0a', session: 'alice-0b', bastion: 'i-2', status: 0},
    ])
  })

  it('has nothing of a run that never came so far', async () => {
    await expect(audit(() => Promise.reject(fail('BASTION_NONE', 'None.')))).rejects.toThrow('None.')
    expect(lines).toEqual([])
  })

  it('that cannot be written is told once, and is no reason to stop', async () => {
    problem = 'the disk is full'
    expect(
      await audit(async (trail) => {
        await trail.start(run)
        await trail.replaced(session('alice-0b', 'i-2'))
        return 'done'
      }),
    ).toBe('done')
    expect(notices).toEqual(['The audit log is not written: the disk is full.'])
  })
})
