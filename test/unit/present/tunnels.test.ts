import {expect, it} from 'vitest'
import type {ListedTunnel} from '../../../src/core/results/tunnel-listing.js'
import {tunnelsText} from '../../../src/present/tunnels.js'

const tunnel: ListedTunnel = {
  target: 'prod-db',
  command: 'open',
  endpoint: {host: 'prod-db.abc.eu-west-1.rds.amazonaws.com', port: 5432},
  localPort: 15432,
  region: 'eu-west-1',
  profile: 'work',
  bastion: {id: 'i-0123456789abcdef0', name: 'bastion-a'},
  session: 'alice-0a1b2c3d4e5f60718',
  login: {user: 'alice', database: 'shop', readOnly: true},
  openSince: '2026-01-01T00:00:00.000Z',
  ageMs: 3 * 86_400_000,
  health: 'waiting-for-credentials',
  why: 'The AWS credentials (profile work) have expired.',
  owner: {pid: 4_194_304, process: 'alive'},
  connections: 12,
  bytesUp: 1_400_000,
  bytesDown: 123_000_000_000,
  log: '/home/alice/.local/state/dbtunnel/prod-db-0a1b2c3d.log',
}
const psql: ListedTunnel = {
  ...tunnel,
  target: 'a-database-with-quite-a-long-name:reader',
  command: 'psql',
  health: 'unknown',
  why: undefined,
  log: undefined,
  connections: undefined,
  bytesUp: undefined,
  bytesDown: undefined,
}

it('fits 80 columns, and says below the table where each leads', () => {
  const text = tunnelsText({tunnels: [tunnel, psql], leftovers: [], strange: []}, 80)
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(text).toContain('waiting')
  expect(text.split('\n\n')[1]).toBe(
    `prod-db on port 15432:
  endpoint  prod-db.abc.eu-west-1.rds.amazonaws.com:5432
  login     alice, database shop, read-only
  bastion   bastion-a i-0123456789abcdef0
  session   alice-0a1b2c3d4e5f60718
  region    eu-west-1, profile work
  why       The AWS credentials (profile work) have expired.
  log       /home/alice/.local/state/dbtunnel/prod-db-0a1b2c3d.log`,
  )
})

it('is complete where there is no width', () => {
  expect(tunnelsText({tunnels: [tunnel], leftovers: [], strange: []}, undefined)).toMatch(
    /^TARGET .*\nprod-db {2}15432 {2}waiting for credentials {2}3 d 0 h {2}12 .* 1\.4 MB {2}123 GB {2}open 4194304\n/,
  )
})

it('names what was left, with what ends it or why it is still there, and what is not believed', () => {
  const left = {target: 'prod-db', sessions: ['alice-0a'], asked: [], region: 'eu-west-1', pid: 42}
  const leftovers = [
    left,
    {...left, profile: 'work', why: 'The AWS credentials have expired.'},
    {...left, sessions: [], asked: ['dbtunnel:0123456789ab']},
  ]
  expect(tunnelsText({tunnels: [], leftovers, strange: ['/x/1.json is a link']}, 80)).toBe(
    `Left by process 42, which has ended: prod-db, alice-0a
  The next psql, exec or open ends it; or: dbtunnel close --all

Left by process 42, which has ended: prod-db, profile work, alice-0a
  Not ended yet: The AWS credentials have expired.

Left by process 42, which has ended: prod-db, perhaps the session with dbtunnel:0123456789ab in its reason
  The next psql, exec or open ends it; or: dbtunnel close --all

Ignored: /x/1.json is a link`,
  )
})

it('is nothing where there is nothing', () => {
  expect(tunnelsText({tunnels: [], leftovers: [], strange: []}, 80)).toBe('')
})
