import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {stripVTControlCharacters} from 'node:util'
import {describe, expect, it} from 'vitest'
import {type Sandbox} from '../sandbox/sandbox.js'
import {CARRIERS} from '../support/carriers.js'
import {PROGRAM} from '../support/dbtunnel.js'
import {expectNothingOf, pidOf} from '../support/leftovers.js'
import {inBash} from '../support/shell.js'
import {openScreen} from '../support/terminal.js'
import {until} from '../support/until.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

const ROWS = 20_000
/** 20 MB that psql passes on as they come. */
const COPY = `copy (select lpad(n::text, 999, '.') from generate_series(1, ${ROWS}) n) to stdout`
const COPIED = Array.from({length: ROWS}, (_, index) => `${String(index + 1).padStart(999, '.')}\n`).join('')
// eslint-disable-next-line no-control-regex
const CONTROL_CODES = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

function environment(change: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr', PSQLRC: '/dev/null', ...change}
}

describe.concurrent('stdout and stderr', () => {
  it.each([
    ['both on a terminal', ''],
    ['stdout in a file', '>$HOME/out'],
    ['stderr in a file', '2>$HOME/err'],
    ['both in files', '>$HOME/out 2>$HOME/err'],
  ])('%s: the result on stdout alone, and no control codes in a file', async (_, redirected) => {
    const env = environment()
    // The shell waits for us: what a program wrote just before its end can be lost with the terminal.
    const script = `"$@" ${redirected}; echo "status $?"; read`
    const words = [process.execPath, PROGRAM, 'psql', 'prod-db', '-Atc', "select 'the result'"]
    const screen = openScreen(['--norc', '-c', script, 'bash', ...words], {file: '/bin/bash', env})
    await screen.waitFor(/status \d+\r\n$/)
    const seen = screen.text()
    screen.type('\r')
    await screen.ended

    const read = (name: string): string => readFileSync(join(env['HOME'] ?? '', name), 'utf8')
    const [out, err] = [redirected.includes('>$HOME/out'), redirected.includes('2>$HOME/err')]
    if (out) expect(read('out')).toBe('the result\n')
    else expect(stripVTControlCharacters(seen)).toMatch(/(^|\n)the result\r\nstatus 0\r\n$/)
    if (err) {
      expect(read('err')).toMatch(/^Database: [^]*\nLogin: alice, by IAM token\n$/)
      expect(read('err')).not.toMatch(CONTROL_CODES)
      expect(seen).toBe(out ? 'status 0\r\n' : 'the result\r\nstatus 0\r\n')
    } else {
      expect(stripVTControlCharacters(seen)).toMatch(/✔ Database: [^]*\n✔ Login: alice, by IAM token\r\n/)
    }
  })
})

describe.concurrent.each(CARRIERS)('20 MB through a pipe whose reader is late, $name', (carrier) => {
  it('arrive whole while a notice is written between them', async () => {
    const env = environment(carrier.env)
    const go = join(env['HOME'] ?? '', 'go')
    const reader = `(until [ -e ${go} ]; do sleep 0.1; done; cat)`
    const ended = inBash(`"$@" 2>&1 | ${reader}; exit \${PIPESTATUS[0]}`, ['psql', 'prod-db', '-c', COPY], env)
    await until('psql', () => pidOf(env, 'psql'))
    await sleep(1000)
    // As when something cleans the temporary folder: the passfile cannot be renewed.
    const folder = readdirSync(env['TMPDIR'] ?? '').find((name) =>
      existsSync(join(env['TMPDIR'] ?? '', name, 'passfile')),
    )
    rmSync(join(env['TMPDIR'] ?? '', folder ?? 'none'), {recursive: true})
    process.kill(pidOf(env, 'node') ?? 0, 'SIGCONT')
    await sleep(1000)
    writeFileSync(go, '')
    const {status, stdout} = await ended
    const [progress = '', login = '', rest = ''] = stdout.split(/(Login: alice, by IAM token\n)/)
    expect(`${progress}${login}`).toMatch(/^Database: /)
    const notice = /dbtunnel: The database token could not be renewed[^\n]*\n/
    expect(rest).toMatch(notice)
    expect(rest.replace(notice, '') === COPIED).toBe(true)
    expect(status).toBe(0)
  })

  it('arrive whole under --quiet', async () => {
    const words = ['psql', 'prod-db', '--quiet', '-c', COPY]
    const {status, stdout} = await inBash(
      '"$@" 2>&1 | (sleep 2; cat); exit ${PIPESTATUS[0]}',
      words,
      environment(carrier.env),
    )
    expect(stdout === COPIED).toBe(true)
    expect(status).toBe(0)
  })

  it('end quietly when the reader has seen enough', async () => {
    const env = environment(carrier.env)
    const words = ['psql', 'prod-db', '--quiet', '-c', COPY]
    const {status, stdout, stderr} = await inBash('"$@" | head -1; exit ${PIPESTATUS[0]}', words, env)
    // As a shell says that psql ended by SIGPIPE.
    expect({status, stdout, stderr}).toEqual({status: 141, stdout: COPIED.slice(0, 1000), stderr: ''})
    await expectNothingOf(env)
  })
})

it('goes on when nobody reads what it has to say', async () => {
  const {status, stdout} = await inBash('"$@" 2> >(true)', ['psql', 'prod-db', '-Atc', 'select 1'], environment())
  expect({status, stdout}).toEqual({status: 0, stdout: '1\n'})
})

it('without a home folder, as under cron: one line on the audit log, and none on what is left', async () => {
  const {HOME: _, ...env} = environment()
  const {status, stderr} = await inBash('"$@"', ['psql', 'prod-db', '-Atc', 'select 1'], env)
  expect(status).toBe(0)
  expect(stderr).toMatch(/\nLogin: [^\n]*\nThe audit log could not be written: there is no home folder\.\n$/)
})

describe.skipIf(!existsSync('/dev/full')).concurrent('a full disk', () => {
  const told = /^dbtunnel: stdout cannot be written: the disk is full\. \[FILES_UNWRITABLE\]\n {2}\S[^\n]*\n$/

  it.each([
    ['list', ['list']],
    ['list --json', ['list', '--json']],
    ['token', ['token', 'prod-db']],
    ['a page of help', ['open', '--help']],
    ['open', ['open', 'prod-db', '--quiet']],
    ['open --json', ['open', 'prod-db', '--quiet', '--json']],
  ])('under the stdout of %s: one sentence, 73, and nothing left', async (_, words) => {
    const env = environment()
    const {status, stderr} = await inBash('"$@" >/dev/full', words, env)
    expect({status, stderr}).toEqual({status: 73, stderr: expect.stringMatching(told)})
    await expectNothingOf(env)
  })

  it('under stderr: the work is done all the same', async () => {
    const words = ['psql', 'prod-db', '-Atc', 'select 1']
    expect(await inBash('"$@" 2>/dev/full', words, environment())).toMatchObject({status: 0, stdout: '1\n'})
  })
})
