import {chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {spawnSync} from 'node:child_process'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {cacheFolder} from '../../src/adapters/cache-folder.js'
import {noteOpened} from '../../src/flows/known-names.js'
import {PROGRAM, run} from '../support/dbtunnel.js'

/** Each would leave a file named `run` behind if a shell ever read it as its own. */
const HOSTILE = ['$(touch run)', '`touch run`', 'a b', "it's", 'x;touch run', 'a\nb', '\u001b[2J', '--all']

let folder: string
let env: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
  await mkdir(join(folder, 'bin'))
  await symlink(PROGRAM, join(folder, 'bin/dbtunnel'))
  await chmod(folder, 0o700)
  env = {PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: folder}
  await writeFile(
    join(folder, 'dbtunnel.yaml'),
    'targets:\n  shop:\n    region: eu-west-1\n  shed:\n    region: eu-west-1\n',
  )
  const cache = cacheFolder(env, {debug: () => {}})
  for (const name of [...HOSTILE, 'prod-db', 'orders:reader', 'orders']) await noteOpened(name, cache)
})

afterAll(() => rm(folder, {recursive: true}))

const complete = async (...words: string[]): Promise<string[]> => {
  const {status, stdout, stderr} = await run(['complete', '--', ...words], {env, cwd: folder})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  return stdout.split('\n').slice(0, -1)
}

/** What bash would put in the line's place. */
function inBash(line: string): string[] {
  const script = `source <(dbtunnel completion bash)
COMP_LINE=$1 COMP_POINT=\${#1}
_dbtunnel
printf '%s\\n' "\${COMPREPLY[@]}"`
  const {stdout, stderr} = spawnSync('bash', ['--norc', '-c', script, 'bash', line], {
    env,
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((reply) => reply !== '')
}

it('knows the databases of the config files and those that were opened, twice the same', async () => {
  expect(await complete('psql', 's')).toEqual(['shed', 'shop'])
  expect(await complete('psql', 's')).toEqual(['shed', 'shop'])
  expect(await complete('open', 'orders')).toEqual(['orders', 'orders:reader'])
})

it('does not name what a terminal would obey, or what looks like an option', async () => {
  expect(await complete('psql', '')).toEqual(
    [
      '$(touch run)',
      '`touch run`',
      'a b',
      "it's",
      'orders',
      'orders:reader',
      'prod-db',
      'shed',
      'shop',
      'x;touch run',
    ].sort(),
  )
})

it('has words such as --help and --version for its own', async () => {
  expect(await complete('--vers')).toEqual(['--version'])
  expect(await complete('psql', '--help', 'pro')).toEqual(['prod-db'])
})

it('gives bash what stands in the place of the last word, quoted', async () => {
  expect(inBash('dbtunnel ps')).toEqual(['psql'])
  expect(inBash('dbtunnel open --detach sh')).toEqual(['shed', 'shop'])
  expect(inBash('dbtunnel psql orders:r')).toEqual(['reader'])
  const replies = inBash('dbtunnel psql ')
  expect(replies).toContain('\\$\\(touch\\ run\\)')
  // Each is one word to bash, and the name itself.
  const {stdout} = spawnSync('bash', ['-c', `printf '%s\\n' ${replies.join(' ')}`], {cwd: folder, encoding: 'utf8'})
  expect(stdout.split('\n').slice(0, -1)).toEqual(await complete('psql', ''))
  expect(await readdir(folder)).not.toContain('run')
})

it.each(['bash', 'zsh', 'fish'])('prints what %s is to source', async (shell) => {
  const {status, stdout} = await run(['completion', shell], {env})
  expect(status).toBe(0)
  expect(stdout).toContain('command dbtunnel complete -- ')
})
