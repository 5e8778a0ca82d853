import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {ROOT, run} from '../support/dbtunnel.js'

/** oclif, and what all commands share: the AWS SDK, WebSockets and progress are elsewhere. */
const START = [
  'bin/run.js',
  'dist/execute.js',
  'dist/chunks/start.js',
  'dist/chunks/rolldown-runtime.js',
  'dist/chunks/wsl-utils.js',
]

const filesOf = async (words: readonly string[]): Promise<{status: number | null; files: readonly string[]}> => {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'))
  onTestFinished(() => rmSync(folder, {recursive: true}))
  const IMPORTS = join(folder, 'imports')
  const NODE_OPTIONS = `--import=${join(ROOT, 'test/support/record-imports.mjs')}`
  const {status} = await run(words, {env: {PATH: process.env['PATH'] ?? '', HOME: folder, IMPORTS, NODE_OPTIONS}})
  const urls = readFileSync(IMPORTS, 'utf8').split('\n')
  return {status, files: urls.flatMap((url) => url.split(`file://${ROOT}`)[1] ?? [])}
}

it.each<[number, string[], string[]]>([
  [0, ['--version'], []],
  [64, ['psql'], ['dist/commands/psql.js']],
  [64, ['psql', 'prod-db', '--nope'], ['dist/commands/psql.js']],
  [64, ['psql', 'prod-db', '--local-port', 'x'], ['dist/commands/psql.js']],
  [64, ['token', '--nope'], ['dist/commands/token.js']],
  [64, ['tokne'], ['dist/hooks/command-not-found.js']],
])('ends with %i after %j, and has loaded no more than oclif and %j', async (expected, words, entries) => {
  const {status, files} = await filesOf(words)
  expect(status).toBe(expected)
  expect(files.toSorted()).toEqual([...START, ...entries].toSorted())
})
