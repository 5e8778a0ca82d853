import {expect, it} from 'vitest'
import {passfile} from '../../../../src/databases/postgres/passfile.js'
import {PASSFILE_READERS} from '../../../support/passfile-readers.js'

const HOST = 'prod-db.abc.eu-west-1.rds.amazonaws.com'
const TOKEN = `${HOST}:5432/?Action=connect&DBUser=alice%40example.com&X-Amz-Security-Token=A%2FB%3D%3D`

const text = passfile({endpoint: {host: HOST, port: 5432}, localPort: 15432, user: 'alice@example.com'}, TOKEN)

it.each(Object.entries(PASSFILE_READERS))('%s finds the token as it is, for any database', (_, read) => {
  for (const database of ['shop', 'postgres']) {
    expect(read(text, [HOST, '15432', database, 'alice@example.com'])).toBe(TOKEN)
  }
})

const FORGIVING = Object.entries(PASSFILE_READERS).filter(([name]) => !name.startsWith('Npgsql'))

it.each(FORGIVING)('%s finds none for another host, port or user', (_, read) => {
  expect(read(text, ['elsewhere', '15432', 'shop', 'alice@example.com'])).toBeUndefined()
  expect(read(text, [HOST, '5432', 'shop', 'alice@example.com'])).toBeUndefined()
  expect(read(text, [HOST, '15432', 'shop', 'eve'])).toBeUndefined()
})
