import {describe, expect, it} from 'vitest'
import {hasCode} from '../../../../src/core/errors.js'
import {readOwnFlags} from '../../../../src/cli/words/flag-table.js'
import {psql as client} from '../../../../src/clients/psql/client.js'
import {splitClientWords, splitExecWords} from '../../../../src/cli/words/split-words.js'

const flags = readOwnFlags({
  region: {type: 'option'},
  reason: {type: 'option'},
  user: {type: 'option', char: 'U'},
  database: {type: 'option', char: 'd'},
  quiet: {type: 'boolean'},
  color: {type: 'boolean', allowNo: true},
})

const psql = (...words: string[]) => splitClientWords(words, flags, client)
const exec = (...words: string[]) => splitExecWords(words, flags)

function failure(work: () => unknown): {code: string; message: string; hint: string | undefined} {
  try {
    work()
  } catch (error) {
    if (hasCode(error, 'USAGE', 'TARGET_MISSING', 'OPTION_BEFORE_TARGET')) {
      const {code, message, hint} = error
      return {code, message, hint}
    }
    throw error
  }
  throw new Error('did not fail')
}

describe('splitClientWords', () => {
  it('hands on repeated words in order', () => {
    expect(psql('prod-db', '-c', 'a', '-c', 'b', '-v', 'X=1', '-v', 'Y=2')).toEqual({
      own: [],
      target: 'prod-db',
      client: ['-c', 'a', '-c', 'b', '-v', 'X=1', '-v', 'Y=2'],
    })
  })

  it('finds own flags before and after the target, with values attached or apart', () => {
    const words = [
      '--region',
      'eu-west-1',
      'prod-db',
      '-At',
      '-dapp',
      '--reason=INC 7',
      '-c',
      'x',
      '-U',
      'bob',
      '--no-color',
    ]
    expect(psql(...words)).toEqual({
      own: ['--region', 'eu-west-1', '-dapp', '--reason=INC 7', '-U', 'bob', '--no-color'],
      target: 'prod-db',
      client: ['-At', '-c', 'x'],
    })
  })

  it.each([
    ['-c'],
    ['-f'],
    ['-v'],
    ['-o'],
    ['-L'],
    ['-P'],
    ['-F'],
    ['-R'],
    ['-T'],
    ['-Atc'],
    ['--command'],
    ['--file'],
    ['--set'],
    ['--variable'],
    ['--output'],
    ['--log-file'],
    ['--pset'],
    ['--field-separator'],
    ['--record-separator'],
    ['--table-attr'],
    ['--comm'],
    ['--tab'],
  ])('takes what follows %s for its value, whatever it looks like', (option) => {
    for (const value of ['--region', '-U', '--quiet', '--', '', '-d']) {
      expect(psql('db', option, value, '--quiet')).toEqual({own: ['--quiet'], target: 'db', client: [option, value]})
    }
  })

  it('takes no value for an option that has it already, or needs none', () => {
    for (const option of ['-cx', '--command=x', '-At', '--csv', '--no-psqlrc', '-1']) {
      expect(psql('db', option, '--quiet', 'app')).toEqual({own: ['--quiet'], target: 'db', client: [option, 'app']})
    }
  })

  it('leaves -q to psql and takes --quiet for dbtunnel', () => {
    expect(psql('db', '-q', '--quiet')).toEqual({own: ['--quiet'], target: 'db', client: ['-q']})
  })

  it('hands on every word after the first --', () => {
    const rest = ['--quiet', '-U', 'bob', '--', '--region', '']
    expect(psql('--quiet', 'db', '-A', '--', ...rest)).toEqual({
      own: ['--quiet'],
      target: 'db',
      client: ['-A', ...rest],
    })
  })

  it('says when an own flag has no value, and never takes -- for one', () => {
    for (const words of [['db', '--region', '--', '-A'], ['db', '-U'], ['--region']]) {
      expect(failure(() => psql(...words))).toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('needs a value'),
      })
    }
    expect(failure(() => exec('db', '--region', '--', 'pg_dump')).message).toBe('--region needs a value.')
  })

  it('takes the word after an own flag for its value, not for the target', () => {
    expect(failure(() => psql('--region', 'prod-db')).code).toBe('TARGET_MISSING')
  })

  it('says what to type when a psql option comes first', () => {
    expect(failure(() => psql('-c', "select 'a'", '--quiet', 'prod-db', '-x', '--', 'app'))).toEqual({
      code: 'OPTION_BEFORE_TARGET',
      message: "The target comes before psql's own arguments, but -c stands before it.",
      hint: String.raw`dbtunnel psql --quiet prod-db -c 'select '\''a'\' -x -- app`,
    })
  })

  it('keeps the corrected line on one line', () => {
    const {hint} = failure(() => psql('-c', "it's\na \\ line\t", 'prod-db'))
    expect(hint).toBe("dbtunnel psql prod-db -c '<a word with control characters>'")
  })

  it.each([[[]], [['--quiet']], [['-c', 'select 1']], [['']], [['--', '-c', 'x']], [['-prod-db']]])(
    'misses the target in %j',
    (words) => {
      expect(failure(() => psql(...words))).toMatchObject({
        code: 'TARGET_MISSING',
        hint: 'Put the database right after the command: dbtunnel psql prod-db',
      })
    },
  )

  it('says how a word that begins with a dash was read', () => {
    expect(failure(() => psql('-prod-db')).message).toBe('No target is given; -prod-db was taken as an option of psql.')
  })

  it('moves a target from behind -- to its place', () => {
    expect(failure(() => psql('--quiet', '--', 'prod-db', '-c', 'a b'))).toMatchObject({
      code: 'TARGET_MISSING',
      hint: "dbtunnel psql --quiet prod-db -- -c 'a b'",
    })
    expect(failure(() => psql('--', 'prod-db')).hint).toBe('dbtunnel psql prod-db')
  })

  it('refuses an option that is neither ours nor psql’s, and suggests the nearest', () => {
    expect(failure(() => psql('--regoin', 'x', 'db'))).toEqual({
      code: 'USAGE',
      message: 'There is no option --regoin.',
      hint: 'Did you mean --region?',
    })
    expect(failure(() => psql('db', '--comand=x')).hint).toBe('Did you mean --command?')
    expect(failure(() => psql('db', '-y')).message).toBe('psql has no option -y (in -y).')
    expect(failure(() => psql('db', '--no-p')).message).toBe('--no-p could be any of --no-password, --no-psqlrc.')
    expect(failure(() => psql('db', '--csv=x')).message).toBe("psql's --csv takes no value.")
  })
})

describe('splitExecWords', () => {
  it('gives every word before -- to dbtunnel and all after it to the command', () => {
    expect(exec('--region', 'x', 'prod-db', '-Ubob', '--', 'pg_dump', '-U', 'x', '--', '--quiet', '')).toEqual({
      own: ['--region', 'x', '-Ubob'],
      target: 'prod-db',
      client: ['pg_dump', '-U', 'x', '--', '--quiet', ''],
    })
  })

  it('requires -- and says where', () => {
    expect(failure(() => exec('prod-db', 'pg_dump', 'my table'))).toEqual({
      code: 'USAGE',
      message: 'No program is given. It comes after "--".',
      hint: "dbtunnel exec prod-db -- pg_dump 'my table'",
    })
    expect(failure(() => exec('prod-db', '--')).hint).toBe('dbtunnel exec prod-db -- COMMAND')
    expect(failure(() => exec('prod-db', 'pg_dump', '--', '-a')).hint).toBe('dbtunnel exec prod-db -- pg_dump -a')
  })

  it('takes options without -- for the command’s', () => {
    expect(failure(() => exec('--quiet', 'prod-db', 'pg_dump', '-Fc', '--quiet')).hint).toBe(
      'dbtunnel exec --quiet prod-db -- pg_dump -Fc --quiet',
    )
    expect(failure(() => exec('prod-db', '-Fc')).hint).toBe('dbtunnel exec prod-db -- -Fc')
  })

  it('misses the target, and refuses options that are not ours', () => {
    expect(failure(() => exec('prod-db', '--regoin', 'x', '--', 'pg_dump')).hint).toBe('Did you mean --region?')
    expect(failure(() => exec('--', 'pg_dump')).code).toBe('TARGET_MISSING')
    expect(failure(() => exec('-x', 'prod-db', '--', 'pg_dump')).code).toBe('USAGE')
  })
})
