import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {OpenedTunnel, TunnelStatus} from '../../../src/core/results/opened-tunnel.js'
import {openedFacts, openedJson, openedLines, useText} from '../../../src/present/opened-tunnel.js'

const TUNNEL: OpenedTunnel = {
  target: 'prod-db',
  endpoint: {host: 'prod-db.c1.eu-west-1.rds.amazonaws.com', port: 5432},
  localPort: 15432,
  bastion: {id: 'i-1', name: 'bastion-a'},
  session: 'alice-0a1b',
  engine: 'native',
  user: 'alice',
  database: 'shop',
  region: 'eu-west-1',
  via: 'hosts',
  readOnly: false,
  unset: ['PGPASSWORD', 'PGSERVICE', 'PGOPTIONS'],
  env: {PGHOST: 'prod-db.c1.eu-west-1.rds.amazonaws.com', PGPORT: '15432', PGUSER: 'alice'},
}

describe('an open tunnel', () => {
  it('is told to people as facts, and to shells as lines to paste', () => {
    expect(openedFacts(TUNNEL)).toBe(`  target      prod-db
  endpoint    prod-db.c1.eu-west-1.rds.amazonaws.com:5432
  local port  127.0.0.1:15432
  bastion     bastion-a i-1
  session     alice-0a1b`)
    expect(openedLines(TUNNEL)).toBe(`unset PGPASSWORD PGSERVICE PGOPTIONS;
export PGHOST=prod-db.c1.eu-west-1.rds.amazonaws.com;
export PGPORT=15432;
export PGUSER=alice;
`)
  })

  it('has lines of its own for fish, which has no unset', () => {
    expect(openedLines(TUNNEL, 'fish')).toBe(`set -e PGPASSWORD PGSERVICE PGOPTIONS;
set -gx PGHOST prod-db.c1.eu-west-1.rds.amazonaws.com;
set -gx PGPORT 15432;
set -gx PGUSER alice;
`)
    for (const shell of ['bash', 'zsh', 'sh'] as const) expect(openedLines(TUNNEL, shell)).toBe(openedLines(TUNNEL))
  })

  it('shows what a tag of the bastion says as one word, on its line', () => {
    const name = 'bastion\nrm -rf ~\r\u001B[2J $(id)'
    const lines = openedFacts({...TUNNEL, bastion: {id: 'i-1', name}}).split('\n')
    expect(lines).toContain("  bastion     'bastion?rm -rf ~??[2J $(id)' i-1")
  })

  it('is one line of JSON', () => {
    const text = openedJson({...TUNNEL, user: 'a\nb'})
    expect(text).toMatch(/^[^\n]+\n$/)
    expect(JSON.parse(text)).toEqual({...TUNNEL, unset: undefined, user: 'a\nb'})
  })
})

describe('its status line', () => {
  const use: TunnelStatus = {
    target: 'prod-db',
    localPort: 15432,
    state: 'up',
    since: 0,
    bastion: {id: 'i-1'},
    session: 'alice-0a1b',
    open: 2,
    opened: 9,
    bytesUp: 12_300_000,
    bytesDown: 456_000_000,
    ageMs: 720_000,
  }

  it.each([
    [100, ' prod-db on port 15432: 2 connections, 12 MB up, 456 MB down, 12 min. Ctrl-C ends it.'],
    [80, ' prod-db on port 15432: 2 connections, 12 MB up, 456 MB down, 12 min'],
    [60, ' prod-db: 2 connections, 12 MB up, 456 MB down, 12 min'],
    [50, ' 2 connections, 12 MB up, 456 MB down, 12 min'],
    [40, ' 2 open, 12 MB up, 456 MB down, 12 min'],
    [20, ' 2 open, 12 MB up, '],
  ])('for %i columns', (columns, line) => {
    expect(useText(use, columns)).toBe(line)
  })

  it('fits whatever width there is, and holds no control code', () => {
    const anyUse = fc.record({
      target: fc.string({maxLength: 80, unit: 'binary-ascii'}),
      localPort: fc.integer({min: 1, max: 65_535}),
      open: fc.nat(10_000),
      opened: fc.nat(),
      bytesUp: fc.maxSafeNat(),
      bytesDown: fc.maxSafeNat(),
      ageMs: fc.maxSafeNat(),
    })
    fc.assert(
      fc.property(anyUse, fc.integer({min: 1, max: 200}), (now, columns) => {
        const line = useText({...use, ...now}, columns)
        expect(line.length).toBeLessThanOrEqual(Math.max(columns - 1, 1))
        expect(line).not.toMatch(/(?!\t)\p{Cc}/u)
      }),
    )
  })
})
