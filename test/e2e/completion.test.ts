import {chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {spawnSync} from 'node:child_process'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {cacheFolder} from '../../src/adapters/files/cache-folder.js'
import {noteOpened} from '../../src/tunnel/discovery/name-history.js'
import {PROGRAM, run} from '../support/dbtunnel.js'
import {openScreen} from '../support/terminal.js'

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

/** CI installs them; a machine of a developer's may lack one. */
const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

it.skipIf(!has('fish'))('gives fish the same, as it is', async () => {
  const inFish = (line: string): string[] => {
    const words = ['--no-config', '-c', 'dbtunnel completion fish | source; complete -C $argv[1]', line]
    const {stdout, stderr} = spawnSync('fish', words, {env, cwd: folder, encoding: 'utf8'})
    expect(stderr).toBe('')
    return stdout.split('\n').filter((reply) => reply !== '')
  }
  expect(inFish('dbtunnel ps')).toEqual(['psql'])
  expect(inFish('dbtunnel open --detach sh')).toEqual(['shed', 'shop'])
  expect(inFish('dbtunnel psql orders:r')).toEqual(['orders:reader'])
  expect(inFish('dbtunnel psql ')).toEqual(expect.arrayContaining(await complete('psql', '')))
  expect(await readdir(folder)).not.toContain('run')
})

it.skipIf(!has('zsh'))('gives zsh the same, quoted', async () => {
  const home = join(folder, 'zsh')
  await mkdir(home)
  const settings = ['unsetopt prompt_sp', 'PS1="ready> "', 'autoload -U compinit', 'compinit -D']
  await writeFile(join(home, '.zshrc'), [...settings, 'source <(dbtunnel completion zsh)', ''].join('\n'))
  const zsh = openScreen(['-i'], {file: 'zsh', env: {...env, ZDOTDIR: home, TERM: 'dumb'}, columns: 200, cwd: folder})
  try {
    let at = await zsh.waitFor(/ready> $/)
    const completes = async (typed: string, wanted: RegExp): Promise<void> => {
      zsh.type(`${typed}\t`)
      at = await zsh.waitFor(wanted, at)
      zsh.type('\x15')
    }
    await completes('dbtunnel ps', /psql /)
    await completes('dbtunnel psql orders:r', /orders:reader /)
    await completes('dbtunnel psql x', /x\\;touch\\ run /)
    await completes("dbtunnel psql '$", /'\$\(touch run\)' /)
    await completes('dbtunnel open --detach sh', /shed +shop/)
    expect(await readdir(folder)).not.toContain('run')
  } finally {
    zsh.pty.kill('SIGKILL')
  }
})

it('is one object with --json', async () => {
  const {status, stdout} = await run(['completion', 'fish', '--json'], {env})
  expect({status, ...(JSON.parse(stdout) as object)}).toEqual({
    status: 0,
    shell: 'fish',
    script: expect.stringContaining('command dbtunnel complete -- '),
  })
})
