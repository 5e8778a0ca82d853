import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {ROOT, run} from '../support/dbtunnel.js'

/** What all commands share of oclif: its help and colours, the AWS SDK, WebSockets and progress are elsewhere. */
const START = ['bin/run.js', 'dist/chunks/rolldown-runtime.js', 'dist/execute.js', 'package.json']

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
  expect(files.toSorted()).toEqual([...START, ...entries].toSorted())
})
