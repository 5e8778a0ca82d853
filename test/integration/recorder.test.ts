import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {processes} from '../../src/adapters/processes/processes.js'
import {readPsqlArguments} from '../../src/clients/psql/arguments.js'
import {readOwnFlags} from '../../src/cli/words/flag-table.js'
import {psql} from '../../src/clients/psql/client.js'
import {splitClientWords, splitExecWords} from '../../src/cli/words/split-words.js'
import {outputFlags, settingFlags} from '../../src/cli/flags.js'

const flags = readOwnFlags({...settingFlags('client'), ...outputFlags})

let folder: string
let recorder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
  recorder = join(folder, 'recorder')
  await writeFile(recorder, `#!/bin/sh\nfor word do printf '%s\\0' "$word"; done\n`)
  await chmod(recorder, 0o755)
})

afterAll(() => rm(folder, {recursive: true, force: true}))

/** The words as a real program received them. */
async function record(argv: readonly string[]): Promise<string[]> {
  return (await processes().output({file: recorder, argv, env: {}}, 10_000)).split('\0').slice(0, -1)
}

/** Some words of a command line that belong together, made by someone who knows whose they are. */
interface Part {
  readonly owner: 'own' | 'client' | 'login'
  readonly words: readonly string[]
}

const part = (owner: Part['owner'], ...words: string[]): Part => ({owner, words})

/** What may stand where a value stands: words that look like anything else, above all. */
const value = fc.oneof(
  fc.constantFrom(
    '',
    '-',
    'a',
    'a',
    'select 1',
    '--region',
    '--quiet',
    '-U',
    '-Ubob',
    '-d',
    '-q',
    '--host',
    '-h',
    '-c',
    '=',
    "it's",
    '\\d+',
  ),
  fc.constantFrom(
    'X=1',
    'Y=2',
    '--user=x',
    '$HOME',
    '`id`',
    '*',
    'two\nlines',
    '\t',
    '"',
    'ü',
    '\u{1f418}',
    '-W',
    '--no-psqlrc',
    '\x1b[0m',
  ),
  fc.string({unit: 'grapheme', maxLength: 8}).map((text) => text.replaceAll('\0', '')),
)
const valueOrDashes = fc.oneof({weight: 6, arbitrary: value}, {weight: 1, arbitrary: fc.constant('--')})

const ownPart = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        '--region',
        '--profile',
        '--reason',
        '--bastion',
        '--local-port',
        '--ca-bundle',
        '--user',
        '-U',
        '-d',
      ),
      // No option is a value, unless it is written behind `=`.
      value.filter((word) => !/^-./.test(word)),
    )
    .map(([flag, word]) => part('own', flag, word)),
  fc
    .tuple(fc.constantFrom('--region', '--reason', '--database'), value)
    .map(([flag, word]) => part('own', `${flag}=${word}`)),
  fc.constantFrom('--quiet', '--debug', '--read-only', '--write', '-Ubob', '-dapp').map((flag) => part('own', flag)),
)

const psqlPart = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        '-c',
        '-f',
        '-v',
        '-o',
        '-L',
        '-P',
        '-F',
        '-R',
        '-T',
        '-Atc',
        '-qXAtv',
        '--command',
        '--comm',
        '--file',
        '--set',
        '--va',
        '--output',
        '--log',
        '--pset',
        '--table-attr',
        '--field-separator',
      ),
      valueOrDashes,
    )
    .map(([option, word]) => part('client', option, word)),
  fc
    .tuple(fc.constantFrom('--command=', '--se=', '--variable=', '--record-separator=', '--outp='), value)
    .map(([option, word]) => part('client', option + word)),
  fc
    .tuple(
      fc.constantFrom('-c', '-v', '-Atc', '-F'),
      value.filter((word) => word !== ''),
    )
    .map(([option, word]) => part('client', option + word)),
  fc
    .constantFrom(
      '-A',
      '-At',
      '-q',
      '-X',
      '-x',
      '-1',
      '-l',
      '-w',
      '--csv',
      '--no-psqlrc',
      '--qui',
      '--tup',
      '--echo-all',
      '-0',
      '-z',
    )
    .map((option) => part('client', option)),
)

/** psql's spellings that only dbtunnel acts on, each with words that must not reach psql. */
const loginParts = fc.constantFrom<Part[]>(
  [],
  [part('login', '--username', 'bob')],
  [part('login', '--usern=bob'), part('login', '--dbname=app')],
  [part('login', 'app')],
  [part('login', 'app'), part('login', 'bob')],
  [part('login', '--db', 'app'), part('login', 'bob')],
)

const words = (parts: readonly Part[], owner?: Part['owner']): string[] =>
  parts.filter((one) => owner === undefined || one.owner === owner).flatMap((one) => one.words)

/** Two lists as one, each in its own order. */
function merge(one: readonly Part[], other: readonly Part[], places: readonly number[]): Part[] {
  const merged = [...one]
  let from = 0
  other.forEach((item, index) => {
    from = Math.min(from + (places[index % places.length] ?? 0), merged.length)
    merged.splice(from++, 0, item)
  })
  return merged
}

const places = fc.array(fc.nat({max: 3}), {minLength: 1, maxLength: 6})

it('a thousand psql command lines reach the program byte for byte and in order', async () => {
  const line = fc.record({
    before: fc.array(ownPart, {maxLength: 2}),
    after: fc.array(fc.oneof({weight: 1, arbitrary: ownPart}, {weight: 3, arbitrary: psqlPart}), {maxLength: 8}),
    login: loginParts,
    places,
    // Where psql alone reads, words like `--quiet` are its own.
    rest: fc.option(fc.array(fc.oneof(psqlPart, fc.constantFrom(part('client', '--quiet'))), {maxLength: 3}), {
      nil: undefined,
    }),
  })
  let lines = 0
  await fc.assert(
    fc.asyncProperty(line, async ({before, after, login, places, rest}) => {
      lines++
      const middle = merge(after, login, places)
      const argv = [...words(before), 'prod-db', ...words(middle), ...(rest ? ['--', ...words(rest)] : [])]
      const client = [...words(after, 'client'), ...words(rest ?? [])]

      const split = splitClientWords(argv, flags, psql)
      expect(split.target).toBe('prod-db')
      expect(split.own).toEqual([...words(before), ...words(after, 'own')])
      expect(await record(readPsqlArguments(split.client).argv)).toEqual(client)
    }),
    {numRuns: 1000, seed: 20261120},
  )
  expect(lines).toBe(1000)
}, 120_000)

it('a thousand command lines of exec reach the program byte for byte and in order', async () => {
  const line = fc.record({
    before: fc.array(ownPart, {maxLength: 3}),
    between: fc.array(ownPart, {maxLength: 3}),
    // What psql would read, and what nothing would.
    command: fc.array(
      fc.oneof(
        psqlPart,
        valueOrDashes.map((word) => part('client', word)),
      ),
      {maxLength: 8},
    ),
  })
  // Four at a time: most of it is waiting for the program.
  const four = fc.tuple(line, line, line, line)
  await fc.assert(
    fc.asyncProperty(four, async (lines) => {
      const checks = lines.map(async ({before, between, command}) => {
        const client = ['recorder', ...words(command)]
        const split = splitExecWords([...words(before), 'prod-db', ...words(between), '--', ...client], flags)
        expect(split.target).toBe('prod-db')
        expect(split.own).toEqual(words([...before, ...between]))
        const [name, ...argv] = split.client
        expect([name, ...(await record(argv))]).toEqual(client)
      })
      await Promise.all(checks)
    }),
    {numRuns: 250, seed: 20261120},
  )
}, 120_000)
