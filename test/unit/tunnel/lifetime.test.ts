import {expect, it} from 'vitest'
import type {TunnelStatus} from '../../../src/core/results/opened-tunnel.js'
import {lifetime} from '../../../src/tunnel/lifetime.js'

const MINUTE_MS = 60_000
/** At a minute, with what is used then. */
const at = (minutes: number, use: Partial<TunnelStatus> = {}): TunnelStatus => ({
  target: 'prod-db',
  localPort: 5432,
  state: 'up',
  since: 0,
  bastion: {id: 'i-0123456789abcdef0'},
  session: 'alice-0a',
  open: 0,
  opened: 0,
  bytesUp: 0,
  bytesDown: 0,
  ageMs: minutes * MINUTE_MS,
  ...use,
})

it('has no end unless one is asked for', () => {
  expect(lifetime({})(at(100_000))).toBeUndefined()
})

it('ends when its time is over, in use or not', () => {
  const isOver = lifetime({ttlMs: 120 * MINUTE_MS})
  expect(isOver(at(119, {open: 1}))).toBeUndefined()
  expect(isOver(at(120, {open: 1}))).toBe('Time limit reached (--ttl 2 h 0 min).')
})

it('ends when nobody was connected for so long; a connection counts as long as it is open, and when it was between two looks', () => {
  const isOver = lifetime({idleMs: 30 * MINUTE_MS})
  expect(isOver(at(29))).toBeUndefined()
  expect(isOver(at(40, {open: 1, opened: 1}))).toBeUndefined()
  expect(isOver(at(80, {open: 1, opened: 1}))).toBeUndefined()
  expect(isOver(at(109, {opened: 1}))).toBeUndefined()
  // Opened and closed since.
  expect(isOver(at(109.5, {opened: 2, bytesUp: 7}))).toBeUndefined()
  expect(isOver(at(139, {opened: 2, bytesUp: 7}))).toBeUndefined()
  expect(isOver(at(139.5, {opened: 2, bytesUp: 7}))).toBe('Not used for 30 min (--idle).')
})
