import {expect, it} from 'vitest'
import {mayBeRefused} from '../../../src/clients/client.js'
import {clientOf} from '../../../src/clients/client-of.js'
import {psql} from '../../../src/clients/psql/client.js'

it.each([
  ['pg_dump', true],
  ['/usr/lib/postgresql/16/bin/pg_restore', true],
  ['./psql', true],
  ['pgcli', undefined],
  ['/opt/psql/migrate', undefined],
])('%s: a client that takes an address is known by the name of its file, wherever that is: %s', (program, takes) => {
  expect(clientOf(program)?.takesAddress).toBe(takes)
})

it('psql may have been refused when it ends with 2 soon after the probe, and for no other end', () => {
  const refused = {code: 2, signal: null}
  expect(mayBeRefused(psql, refused, 900)).toBe(true)
  expect(mayBeRefused(psql, {code: 0, signal: null}, 900)).toBe(false)
  expect(mayBeRefused(psql, {code: 3, signal: null}, 900)).toBe(false)
  expect(mayBeRefused(psql, {code: null, signal: 'SIGTERM'}, 900)).toBe(false)
  expect(mayBeRefused(psql, refused, 60_000)).toBe(false)
})

it('of a program whose statuses are not known, nobody can tell', () => {
  const dump = clientOf('pg_dump')
  expect(dump && mayBeRefused(dump, {code: 2, signal: null}, 900)).toBe(false)
})
