import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {ROOT, run} from '../support/dbtunnel.js'

/** What all commands share of oclif: its help and colours, the AWS SDK, WebSockets and progress are elsewhere. */
const START = [
  'bin/run.js',
  'dist/chunks/rolldown-runtime.js',
  'dist/chunks/wsl-utils.js',
  'dist/cli/execute.js',
  'package.json',
]

interface Loaded {
  readonly status: number | null
  readonly files: readonly string[]
}

const filesOf = async (words: readonly string[]): Promise<Loaded> => {
  const folder = mkdtempSync(join(tmpdir(), 'modules-'))
  onTestFinished(() => rmSync(folder, {recursive: true}))
  const MODULES = join(folder, 'modules')
  const NODE_OPTIONS = `--require=${join(ROOT, 'test/support/record-modules.cjs')}`
  const {status} = await run(words, {env: {PATH: process.env['PATH'] ?? '', HOME: folder, MODULES, NODE_OPTIONS}})
  const paths = readFileSync(MODULES, 'utf8').split('\n')
  return {status, files: paths.flatMap((path) => path.split(ROOT)[1] ?? []).filter((file) => !file.startsWith('test/'))}
}

it.each<[number, string[], string[]]>([
  [0, ['--version'], []],
  [64, ['open', 'prod-db', '--local-port', 'x'], ['dist/commands/open.js']],
  [64, ['psql'], ['dist/commands/psql.js']],
  [64, ['psql', 'prod-db', '--nope'], ['dist/commands/psql.js']],
  [64, ['psql', 'prod-db', '--local-port', 'x'], ['dist/commands/psql.js']],
  [64, ['token', '--nope'], ['dist/commands/token.js']],
  [64, ['tokne'], ['dist/hooks/command-not-found.js']],
  [0, ['complete', '--', 'ho'], ['dist/commands/complete.js', 'dist/chunks/complete.js']],
])('ends with %i after %j, and has loaded no more than the start of oclif and %j', async (expected, words, entries) => {
  const {status, files} = await filesOf(words)
  expect(status).toBe(expected)
  expect(files).toEqual(expect.arrayContaining(entries))
  expect(files.filter((file) => ![...START, ...entries].includes(file))).toEqual([])
})

it('compiled code is taken from a folder of the user’s own, and never from the working directory', async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  onTestFinished(() => rmSync(home, {recursive: true}))
  mkdirSync(join(home, 'cache'))
  const compiledBy = async (env: Record<string, string>): Promise<string> => {
    const NODE_OPTIONS = `--require=${join(ROOT, 'test/support/record-compile-cache.cjs')}`
    const {stderr} = await run(['--version'], {env: {PATH: process.env['PATH'] ?? '', NODE_OPTIONS, ...env}, cwd: home})
    return stderr
  }
  expect(await compiledBy({HOME: home})).toBe(`compiled: ${home}/.cache/dbtunnel/compiled\n`)
  expect(await compiledBy({HOME: home, XDG_CACHE_HOME: join(home, 'cache')})).toContain(`${home}/cache/dbtunnel/`)
  expect(await compiledBy({HOME: home, XDG_CACHE_HOME: 'cache'})).toContain(`${home}/.cache/dbtunnel/`)
  expect(await compiledBy({HOME: '.'})).toBe('')
})

/** Of no account, as a container's often is. */
const NAMELESS = 60_123

it.runIf(process.getuid?.() === 0)('a user without a name, and without SHELL, can run it', async () => {
  const env = {PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', NODE_DISABLE_COMPILE_CACHE: '1'}
  expect(await run(['status'], {env, uid: NAMELESS})).toMatchObject({status: 0, stderr: 'Nothing is open.\n'})
})
