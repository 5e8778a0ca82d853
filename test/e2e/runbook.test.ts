import {spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {PROGRAM} from '../support/dbtunnel.js'
import {watchFor} from '../support/leftovers.js'

interface Line {
  readonly command: string
  /** All of stdout. */
  readonly prints: string
}

interface Section {
  readonly title: string
  readonly lines: readonly Line[]
}

let sandbox: Sandbox
let bin: string
beforeAll(async () => {
  sandbox = await startSandbox()
  bin = mkdtempSync(join(tmpdir(), 'dbtunnel-bin-'))
  symlinkSync(PROGRAM, join(bin, 'dbtunnel'))
})
afterAll(async () => {
  await watchFor(sandbox, {}).expectNothingLeft()
  rmSync(bin, {recursive: true})
  await sandbox.close()
})

it.concurrent.each(sections(readFileSync(new URL('runbook.md', import.meta.url), 'utf8')))(
  'runbook: $title',
  async ({lines}) => {
    const {HOME = '', ...env} = sandbox.env()
    const {answers, stderr} = await paste(lines, {...env, HOME, PATH: `${bin}:${env['PATH'] ?? ''}`})
    const expected = lines.map(({command, prints}) => ({command, status: 0, prints}))
    expect(answers, stderr).toEqual(expected)
  },
)

/** The `$` lines of the blocks below each heading, each with what it prints. */
function sections(markdown: string): Section[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((text) => {
      const blocks = [...text.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = '']) => block)
      const lines = blocks.flatMap((block) => block.split(/^\$ /m).slice(1))
      const split = (line: string): Line => {
        const end = line.indexOf('\n')
        return {command: line.slice(0, end), prints: line.slice(end + 1)}
      }
      return {title: text.split('\n', 1)[0] ?? '', lines: lines.map(split)}
    })
}

/** Between two lines; no program prints it. */
const MARK = '\x1e'

/** In one shell, as a person would who pastes them one by one; but nobody is there to answer a question. */
async function paste(
  lines: readonly Line[],
  env: Readonly<Record<string, string>>,
): Promise<{answers: unknown[]; stderr: string}> {
  const script = lines.map(({command}) => `${command}\nprintf '${MARK}%s${MARK}' "$?"\n`).join('')
  const shell = spawn('/bin/bash', ['--norc', '-c', script], {
    env,
    cwd: env['HOME'],
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  shell.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  await new Promise((resolve, reject) => shell.once('error', reject).once('close', resolve))
  const parts = stdout.split(MARK)
  const answers = lines.map(({command}, at) => ({command, status: Number(parts[2 * at + 1]), prints: parts[2 * at]}))
  return {answers, stderr}
}
