import {describe, expect, it} from 'vitest'
import {type KnownCommand, meantBy} from '../../../src/cli/guesses.js'
import {readFileSync} from 'node:fs'

const {commands} = JSON.parse(
  readFileSync(new URL('../../../oclif.manifest.json', import.meta.url), 'utf8'),
) as unknown as {commands: Readonly<Record<string, KnownCommand>>}
const known = Object.values(commands)

const typed = (line: string): readonly string[] => line.split(' ').filter((word) => word !== '')
const meant = async (line: string): Promise<string> => (await meantBy(typed(line), known)).join(' ')

describe('what newcomers type', () => {
  it.each([
    ['help', '--help'],
    ['-h', '--help'],
    ['help psql', 'psql --help'],
    ['help connect', 'psql --help'],
    ['help hosts install', 'hosts install --help'],
    ['psql help', 'psql --help'],
    ['list -h', 'list --help'],
    ['open X -h', 'open X --help'],
    ['exec -h', 'exec --help'],
    ['psql X -h', 'psql X --help'],
    ['psql -h -c x', 'psql -c x --help'],
    ['version', '--version'],
    ['-v', '--version'],
    ['-V', '--version'],
    ['connect X', 'psql X'],
    ['shell X -c x', 'psql X -c x'],
    ['proxy X', 'open X'],
    ['tunnel X', 'open X'],
    ['start X', 'open X'],
    ['run X -- cmd', 'exec X -- cmd'],
    ['ls', 'list'],
    ['ps', 'status'],
    ['stop X', 'close X'],
    ['--profile p psql X', 'psql --profile p X'],
    ['--region=r --quiet list', 'list --region=r --quiet'],
    ['--json list', 'list --json'],
    ['list -o json', 'list --json'],
    ['list --output json --region r', 'list --json --region r'],
    ['status --output=json', 'status --json'],
    ['open X -p 15999', 'open X --local-port 15999'],
    ['open X -p15999', 'open X --local-port 15999'],
    ['open X -L 15999:localhost:5432', 'open X --local-port 15999'],
    ['open X 15999:5432', 'open X --local-port 15999'],
    ['open --ttl 300 X 15999', 'open --ttl 300 X --local-port 15999'],
    ['exec X -p 15999 -- cmd -p 1', 'exec X --local-port 15999 -- cmd -p 1'],
    ['open X -d', 'open X --detach'],
    ['open X -d --quiet', 'open X --detach --quiet'],
    ['open X --background', 'open X --detach'],
    ['open X --bg', 'open X --detach'],
    ['config validate', 'config'],
  ])('%s → %s', async (line, right) => {
    expect(await meant(line)).toBe(right)
  })
})

it.each([
  '',
  '--help',
  '--version',
  '--quiet',
  'prod-db',
  'help me',
  'psql X -h elsewhere',
  'psql X -c -h',
  'psql X -o json -p 1',
  'psql X -V',
  'exec X -- cmd -h -o json',
  'exec X -- help',
  'open X -d shop',
  'open 15999',
  'open X --ttl 300 --local-port 15999',
  'close 29302',
  'complete -- open -h',
  'list help me',
  'completion bash',
  'hosts clean',
])('%s stays as it is', async (line) => {
  expect(await meant(line)).toBe(line)
})
