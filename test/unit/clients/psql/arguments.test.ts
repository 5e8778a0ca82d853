import {describe, expect, it} from 'vitest'
import {readPsqlArguments} from '../../../../src/clients/psql/arguments.js'
import {type DbtunnelError, isDbtunnelError} from '../../../../src/core/errors.js'

const read = (...words: string[]) => readPsqlArguments(words)

function refusal(work: () => unknown): DbtunnelError {
  try {
    work()
  } catch (error) {
    if (isDbtunnelError(error)) return error
    throw error
  }
  throw new Error('not refused')
}

describe('user and database', () => {
  it.each([
    [['-U', 'bob']],
    [['-Ubob']],
    [['--username', 'bob']],
    [['--username=bob']],
    [['--user=bob']],
    [['--us', 'bob']],
    [['-d', 'app', '-U', 'bob']],
    [['-dapp', 'bob']],
    [['app', 'bob']],
    [['app', '--user', 'bob']],
    [['--', 'app', 'bob']],
    [['--dbname=app', 'bob']],
    [['--db', 'app', 'bob']],
  ])('are read from %j and taken out', (words) => {
    const {user, database, argv} = read('-c', 'x', ...words)
    expect(user).toBe('bob')
    expect(database).toBe(words.some((word) => word.includes('app')) ? 'app' : undefined)
    expect(argv.filter((word) => word !== '--')).toEqual(['-c', 'x'])
  })

  it.each([
    [
      ['-AtU', 'bob', '-x'],
      ['-At', '-x'],
    ],
    [
      ['-AtUbob', '-x'],
      ['-At', '-x'],
    ],
    [
      ['-Atqd', 'app', '-x'],
      ['-Atq', '-x'],
    ],
    [['-dU', '-x'], ['-x']],
  ])('are taken out of a cluster: %j', (words, argv) => {
    expect(read(...words).argv).toEqual(argv)
  })

  it('are not looked for in the values of other options', () => {
    const words = ['-c', '-Ubob', '-v', '--dbname=x', '-o', '-d', '-F', 'app', '--set', '-h', '-AtP', '--', '-f', '']
    expect(read(...words)).toEqual({argv: words})
  })

  it('count dbtunnel’s own flags, as psql counts its own', () => {
    expect(readPsqlArguments(['bob'], {database: 'app'})).toEqual({database: 'app', user: 'bob', argv: []})
    expect(readPsqlArguments(['app'], {user: 'bob'})).toEqual({database: 'app', user: 'bob', argv: []})
  })

  it('may be said twice, when they agree', () => {
    expect(readPsqlArguments(['-AUbob', '--username', 'bob'], {user: 'bob'})).toEqual({user: 'bob', argv: ['-A']})
    expect(refusal(() => readPsqlArguments(['--username', 'eve'], {user: 'bob'})).code).toBe('ARGUMENT_REFUSED')
    expect(refusal(() => read('-d', 'a', '--dbname=b')).message).toContain('"a" and "b"')
  })

  it('are refused when empty, or too many', () => {
    for (const words of [['-U', ''], ['--username='], ['-d', ''], ['']])
      expect(refusal(() => read(...words)).exitCode).toBe(64)
    // psql would ignore it with a warning; with the others taken out it would become the database.
    expect(refusal(() => read('app', 'bob', 'more')).message).toContain('"more"')
    expect(refusal(() => readPsqlArguments(['app'], {user: 'a', database: 'b'})).code).toBe('ARGUMENT_REFUSED')
  })
})

describe('what would leave the tunnel, lower TLS or ask for a password', () => {
  it.each([
    [['-h', 'localhost']],
    [['-hlocalhost']],
    [['-Ath', 'x']],
    [['--host', 'x']],
    [['--host=x']],
    [['--ho=x']],
    [['-h']],
    [['-p', '5432']],
    [['-p5432']],
    [['-Atp', '1']],
    [['--port=1']],
    [['--po', '1']],
    [['-d', 'dbname=x sslmode=disable']],
    [['-ddbname=x']],
    [['-Atd', 'host=x']],
    [['--dbname=postgresql://x/y']],
    [['--dbname', 'postgres://x']],
    [['sslmode=disable']],
    [['postgresql://x']],
    [['--', 'service=x']],
    [['-W']],
    [['-AtW']],
    [['--password']],
    [['--passw']],
  ])('%j is refused', (words) => {
    const error = refusal(() => read('-x', ...words))
    expect(error).toMatchObject({code: 'ARGUMENT_REFUSED', exitCode: 64})
    expect(error.hint).toBeTruthy()
  })

  it('is refused in dbtunnel’s own flags too', () => {
    expect(refusal(() => readPsqlArguments([], {database: 'app sslmode=disable'})).code).toBe('ARGUMENT_REFUSED')
  })
})

it('lets everything else through, word for word', () => {
  const words = ['-l', '--help=commands', '--version', '-?', '-V', '-w', '-c', '\\c other', '--csv', '--', '-X'].slice(
    0,
    10,
  )
  expect(read(...words).argv).toEqual(words)
})

it('refuses what psql would, before a tunnel is opened for it', () => {
  for (const words of [['--nonsense'], ['-y'], ['--s'], ['-c'], ['--list=x']]) {
    expect(refusal(() => read(...words)).code).toBe('USAGE')
  }
})
