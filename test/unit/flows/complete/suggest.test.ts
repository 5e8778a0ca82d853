import {readFileSync} from 'node:fs'
import {expect, it} from 'vitest'
import {candidates, type CommandShape} from '../../../../src/flows/complete/suggest.js'

const MANIFEST = JSON.parse(readFileSync(new URL('../../../../oclif.manifest.json', import.meta.url), 'utf8')) as {
  commands: Record<string, CommandShape>
}
const NAMES = ['orders', 'orders:reader', 'prod-db', 'scratch']
const complete = (...words: string[]): Promise<readonly string[]> =>
  candidates(words, Object.values(MANIFEST.commands), async () => NAMES)

it.each<[string, string[], string[]]>([
  ['a command', ['ps'], ['psql']],
  ['no hidden command', ['compl'], ['completion']],
  ['a command of a topic', ['hosts', 'i'], ['install']],
  ['a target', ['psql', 'prod'], ['prod-db']],
  ['any target', ['open', ''], NAMES],
  [
    'a target behind flags and their values',
    ['psql', '--profile', 'x', '--quiet', '-U', 'y', 'or'],
    ['orders', 'orders:reader'],
  ],
  ['a member of a cluster', ['psql', 'orders:'], ['orders:reader']],
  ['one target, not two', ['open', 'prod-db', ''], []],
  ['a flag', ['open', '--keep'], ['--keep-alive']],
  ['a flag behind the target', ['psql', 'prod-db', '--eng'], ['--engine']],
  ['the value of a flag', ['psql', '--engine', 'n'], ['native']],
  ['no value that only the user knows', ['psql', '--profile', ''], []],
  ["nothing of a client's", ['exec', 'prod-db', '--', 'pro'], []],
  ['nothing of a command that is none', ['tokne', ''], []],
])('completes %s', async (_, words, expected) => {
  expect(await complete(...words)).toEqual(expected)
})

it('asks for names only where one can stand', async () => {
  const names = (): Promise<readonly string[]> => {
    throw new Error('asked')
  }
  await candidates(['open', '--'], Object.values(MANIFEST.commands), names)
  await expect(candidates(['open', ''], Object.values(MANIFEST.commands), names)).rejects.toThrow('asked')
})
