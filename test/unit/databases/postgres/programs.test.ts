import {expect, it} from 'vitest'
import {isLibpqClient} from '../../../../src/databases/postgres/programs.js'

it.each([
  ['pg_dump', true],
  ['/usr/lib/postgresql/16/bin/pg_restore', true],
  ['./psql', true],
  ['pgcli', false],
  ['/opt/psql/migrate', false],
])('%s: by the name of its file, wherever that is: %s', (program, isOne) => {
  expect(isLibpqClient(program)).toBe(isOne)
})
