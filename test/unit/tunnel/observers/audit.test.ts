import {beforeEach, describe, expect, it} from 'vitest'
import type {OpenedTunnel, TunnelStatus} from '../../../../src/core/results/opened-tunnel.js'
import {audit} from '../../../../src/tunnel/observers/audit.js'
import type {TunnelFacts, TunnelObserver} from '../../../../src/tunnel/observer.js'

const NOW = Date.parse('2026-11-20T03:00:00Z')

const opened: OpenedTunnel = {
  target: 'prod-db',
  endpoint: {host: 'prod-db.abc.eu-west-1.rds.amazonaws.com', port: 5432},
  localPort: 5432,
  bastion: {id: 'i-1'},
  session: 'alice-0a',
  engine: 'native',
  user: 'alice',
  database: 'app',
  region: 'eu-west-1',
  via: 'hosts',
  readOnly: true,
  reason: 'INC-1',
  env: {PGPASSFILE: '/run/passfile'},
}
const status: TunnelStatus = {
  target: 'prod-db',
  localPort: 5432,
  state: 'up',
  since: NOW,
  bastion: {id: 'i-1'},
  session: 'alice-0a',
  open: 0,
  opened: 0,
  bytesUp: 0,
  bytesDown: 0,
  ageMs: 0,
}
const facts: TunnelFacts = {
  command: 'psql',
  opened,
  status,
  profile: 'work',
  caller: {account: '1', arn: 'arn:aws:iam::1:user/alice', name: 'alice'},
}

const line = {
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

let lines: string[]
let notices: string[]
let now: number
let problem: string | undefined
let log: TunnelObserver
beforeEach(() => {
  lines = []
  notices = []
  now = NOW
  problem = undefined
  const append = async (text: string): Promise<void> => {
    if (problem !== undefined) throw new Error(problem)
    lines.push(text)
  }
  log = audit({
    ports: {
      audit: {osUser: 'al', machine: 'desk', append},
      clock: {now: () => now, sleep: async () => {}},
      background: {parent: undefined, start: () => Promise.reject(new Error('not here'))},
    },
    say: {notice: (text) => void notices.push(text)},
    record: {note: async () => {}},
  })
})

const events = (): unknown[] => lines.map((text) => JSON.parse(text) as unknown)

describe('the audit log', () => {
  it('has who, what and why when it begins, and the same with time and status when it ends', async () => {
    await log.opened?.(facts)
    expect(events()).toEqual([{event: 'start', ...line}])
    now += 90_000
    await log.closed?.({status: 3})
    expect(events().slice(1)).toEqual([{event: 'end', ...line, end: '2026-11-20T03:01:30.000Z', status: 3}])
  })

  it('has every session of a run, and none twice', async () => {
    await log.opened?.(facts)
    log.changed?.({...status, state: 'replacing'})
    log.changed?.({...status, session: 'alice-0b', bastion: {id: 'i-2'}})
    log.changed?.({...status, session: 'alice-0b', bastion: {id: 'i-2'}})
    await log.closed?.({status: 0})
    expect(events().slice(1)).toMatchObject([
      {event: 'session', run: 'alice-0a', session: 'alice-0b', bastion: 'i-2'},
      {event: 'end', run: 'alice-0a', session: 'alice-0b', bastion: 'i-2', status: 0},
    ])
  })

  it('has no environment, and so no path of a password', async () => {
    await log.opened?.(facts)
    expect(lines.join()).not.toContain('passfile')
  })

  it('that cannot be written is told once, and is no reason to stop', async () => {
    problem = 'the disk is full'
    await log.opened?.(facts)
    log.changed?.({...status, session: 'alice-0b'})
    await log.closed?.({status: 0})
    expect(notices).toEqual(['The audit log could not be written: the disk is full.'])
  })
})
