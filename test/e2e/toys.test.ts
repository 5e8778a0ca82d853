import {execFile} from 'node:child_process'
import {chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Checkup} from '../../src/core/results/checkup.js'
import type {TargetListing} from '../../src/core/results/config-listing.js'
import type {Listing} from '../../src/core/results/database-listing.js'
import type {TunnelListing} from '../../src/core/results/tunnel-listing.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, ROOT, run, type Running, start} from '../support/dbtunnel.js'
import {until} from '../support/until.js'

/** What is added, one file each, and nothing else is changed. */
const TOYS = {
  'bastion.ts': 'src/bastions/kinds/toy.ts',
  'database.ts': 'src/databases/toy/kind.ts',
  'client.ts': 'src/clients/toybox/client.ts',
  'setting.ts': 'src/settings/definitions/toy.ts',
  'observer.ts': 'src/tunnel/observers/toy.ts',
}

const node = (file: string): Promise<unknown> => promisify(execFile)(process.execPath, [file], {cwd: copy})

let copy: string
let sandbox: Sandbox
let env: Record<string, string>
let kept: Running | undefined

const program = (): string => join(copy, 'bin/run.js')

const dbtunnel = (words: readonly string[], change: Record<string, string> = {}): Promise<Ended> =>
  run(words, {env: {...env, ...change}, program: program(), cwd: join(env['HOME'] ?? '', 'repository')})

async function build(): Promise<void> {
  copy = mkdtempSync(join(tmpdir(), 'dbtunnel-toys-'))
  for (const part of ['src', 'bin', 'docs', 'package.json', 'oclif.manifest.json', 'tsconfig.json', 'LICENSE']) {
    cpSync(join(ROOT, part), join(copy, part), {recursive: true})
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  for (const [toy, place] of Object.entries(TOYS)) {
    const text = readFileSync(join(ROOT, 'test/support/toys', toy), 'utf8')
    mkdirSync(join(copy, place, '..'), {recursive: true})
    writeFileSync(join(copy, place), text.replaceAll('../../../src/', '../../'))
  }
  await node('bin/build.mjs')
  // It is made of the commands for a release; without it, oclif reads the commands themselves.
  rmSync(join(copy, 'oclif.manifest.json'))
}

beforeAll(async () => {
  ;[sandbox] = await Promise.all([startSandbox(), build()])
  const programs = join(copy, 'programs')
  mkdirSync(programs)
  writeFileSync(join(programs, 'toybox'), '#!/bin/sh\necho 7.0\n')
  chmodSync(join(programs, 'toybox'), 0o755)
  const own = sandbox.env()
  env = {
    ...own,
    PATH: `${programs}:${own['PATH']}`,
    DBTUNNEL_RESOLVE: 'hostaddr',
    DBTUNNEL_ENGINE: 'native',
  }
  mkdirSync(join(env['HOME'] ?? '', '.config/dbtunnel'), {recursive: true, mode: 0o700})
  mkdirSync(join(env['HOME'] ?? '', 'repository/.git'), {recursive: true, mode: 0o700})
})

afterAll(async () => {
  kept?.child.kill('SIGKILL')
  await sandbox.close()
  rmSync(copy, {recursive: true})
})

describe('a bastion kind that is one new file', () => {
  it('is in help, in the schema of the config files, and in the error for a rule that is none', async () => {
    expect((await dbtunnel(['open', '--help'])).stdout.replaceAll(/\s+/g, ' ')).toContain('tag:Key=Value, toy:LETTER')
    expect(readFileSync(join(copy, 'dist/dbtunnel.schema.json'), 'utf8')).toContain('toy:LETTER')
    expect(await dbtunnel(['list', '--bastion', 'toy:1'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('toy:LETTER') as string,
    })
  })

  it('is taken by config and list', async () => {
    const {stdout} = await dbtunnel(['config', 'prod-db', '--bastion', 'toy:p'])
    expect(stdout).toMatch(/^bastion +toy:p +--bastion$/m)
    const listed = await dbtunnel(['list', '--bastion', 'toy:p', '--json'])
    const {databases} = JSON.parse(listed.stdout) as Listing
    expect(databases.find(({target}) => target === 'prod-db')?.bastion).toMatchObject({usable: true})
    const others = await dbtunnel(['list', '--bastion', 'toy:x', '--json'])
    expect((JSON.parse(others.stdout) as Listing).databases.map(({bastion}) => bastion.usable)).not.toContain(true)
  })
})

describe('a database kind that is one new file', () => {
  it('is one that list and doctor know, and that errors name', async () => {
    const {stdout} = await dbtunnel(['list', '--json'])
    const {databases} = JSON.parse(stdout) as Listing
    expect(databases.find(({engine}) => engine === 'oracle-se2')).toMatchObject({supported: true})
    const checked = JSON.parse((await dbtunnel(['doctor', 'erp-oracle', '--json'])).stdout) as Checkup
    expect(checked.hops.find(({id}) => id === 'database')).toMatchObject({status: 'ok'})
    const refused = await dbtunnel(['token', 'prod-db', '--region', 'eu-west-1', '-U', 'alice'])
    expect(refused.status).toBe(0)
  })
})

describe('a client that is one new file', () => {
  it('has a command, with help and completion', async () => {
    expect((await dbtunnel(['--help'])).stdout).toContain('toybox')
    const {stdout} = await dbtunnel(['toybox', '--help'])
    expect(stdout).toContain('$ dbtunnel toybox my-toy --say hello')
    expect(stdout).toContain('--bastion=RULE')
    expect((await dbtunnel(['complete', '--', 'toy'])).stdout).toBe('toybox\n')
    expect((await dbtunnel(['complete', '--', 'toybox', '--read'])).stdout).toBe('--read-only\n')
  })

  it('reads its own words, and is told apart from dbtunnel’s', async () => {
    expect(await dbtunnel(['toybox', 'my-toy', '--sayy', 'hello'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('Did you mean --say?') as string,
    })
    expect(await dbtunnel(['toybox', '--say', 'hello'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('taken as an option of toybox') as string,
    })
  })

  it('is looked at by doctor', async () => {
    const hopOf = async (change: Record<string, string>) => {
      const {hops} = JSON.parse((await dbtunnel(['doctor', '--json'], change)).stdout) as Checkup
      return hops.find(({id}) => id === 'toybox')
    }
    expect(await hopOf({})).toMatchObject({status: 'ok', detail: `7.0 (${copy}/programs/toybox)`})
    expect(await hopOf({PATH: process.env['PATH'] ?? ''})).toMatchObject({status: 'warn', hint: 'Look under the bed.'})
    expect(await hopOf({PATH: '/nonexistent'})).toMatchObject({status: 'fail', code: 'CLIENT_MISSING'})
  })

  it('is missing where it is to connect: says how to get it, before anything is opened', async () => {
    const PATH = process.env['PATH'] ?? ''
    expect(await dbtunnel(['toybox', 'erp-oracle'], {PATH})).toMatchObject({
      status: 127,
      stderr: expect.stringContaining('Look under the bed.') as string,
    })
  })
})

describe('a setting that is one new file', () => {
  /** As `dbtunnel config` shows it. */
  const shown = async (words: readonly string[], change: Record<string, string> = {}): Promise<string | undefined> => {
    const {stdout} = await dbtunnel(['config', 'prod-db', '--json', ...words], change)
    const found = (JSON.parse(stdout) as TargetListing).settings.find(({setting}) => setting === 'greeting')
    return found && `${found.value} by ${found.from.replace(/^.*\//, '')}`
  }
  const inHome = (path: string): string => join(env['HOME'] ?? '', path)

  it('is a flag of its commands, in help and completion', async () => {
    const helpOf = async (command: string) => (await dbtunnel([command, '--help'])).stdout
    for (const help of await Promise.all(['psql', 'toybox', 'exec', 'open', 'config'].map(helpOf)))
      expect(help).toMatch(/--greeting=WORD +How to greet the database\.\s+\[default:\s+hello\]/)
    expect(await helpOf('token')).not.toContain('--greeting')
    const {stdout} = await dbtunnel(['complete', '--', 'psql', '--greeting', ''])
    expect(stdout).toBe('goodbye\nhello\n')
  })

  it('is told by dbtunnel config, from wherever it comes', async () => {
    expect(await shown([])).toBe('hello by default')
    const own = inHome('.config/dbtunnel/config.yaml')
    writeFileSync(own, 'defaults:\n  greeting: goodbye\n', {mode: 0o600})
    expect(await shown([])).toBe('goodbye by config.yaml:2')
    expect(await shown([], {DBTUNNEL_GREETING: 'hello'})).toBe('hello by DBTUNNEL_GREETING')
    expect(await shown(['--greeting', 'hello'], {DBTUNNEL_GREETING: 'goodbye'})).toBe('hello by --greeting')
    rmSync(own)
  })

  it('is refused with the error of its place', async () => {
    expect(await dbtunnel(['psql', 'prod-db', '--greeting', 'hi'])).toMatchObject({status: 64})
    expect(await dbtunnel(['config', 'prod-db'], {DBTUNNEL_GREETING: 'hi'})).toMatchObject({status: 64})
    const refused = async (file: string, text: string): Promise<string> => {
      writeFileSync(inHome(file), text, {mode: 0o600})
      const {stderr} = await dbtunnel(['config'])
      rmSync(inHome(file))
      return stderr
    }
    expect(await refused('.config/dbtunnel/config.yaml', 'defaults:\n  greeting: hi\n')).toContain('[CONFIG_INVALID]')
    // It is the user's own.
    expect(await refused('repository/dbtunnel.yaml', 'defaults:\n  greeting: hello\n')).toContain('[CONFIG_UNSAFE]')
  })

  it('is in the schemas and on the settings page', async () => {
    const schema = (name: string): string => readFileSync(join(copy, 'dist', name), 'utf8')
    expect(schema('config.schema.json')).toContain('"greeting"')
    expect(schema('dbtunnel.schema.json')).not.toContain('"greeting"')
    await node('bin/settings-page.mjs')
    expect(readFileSync(join(copy, 'docs/reference/settings.md'), 'utf8')).toMatch(
      /^\| `greeting` .*How to greet the database\. .*`--greeting WORD`.*`DBTUNNEL_GREETING`.*`hello`/m,
    )
  })
})

describe('a client on a database of another kind', () => {
  it.each([
    [['psql', 'wiki-mysql'], 'dbtunnel exec wiki-mysql -- COMMAND'],
    [['exec', 'wiki-mysql', '--', 'pg_dump'], 'MySQL'],
    [['toybox', 'prod-db'], 'dbtunnel psql prod-db'],
  ])('%j is refused before any session, and the client that fits is named', async (words, hint) => {
    const {status, stderr} = await dbtunnel(words)
    expect(stderr).toContain('[CLIENT_MISMATCH]')
    expect(stderr).toContain(hint)
    expect(status).toBe(64)
    expect(sandbox.sessions.open()).toEqual([])
  })
})

describe('an observer that is one new file', () => {
  it('is told of a tunnel that opens, changes and closes; what it notes is in status', async () => {
    const audit = (): readonly string[] =>
      readFileSync(join(env['HOME'] ?? '', '.local/state/dbtunnel/audit.jsonl'), 'utf8')
        .split('\n')
        .flatMap((line) => (line.includes('"toy: ') ? [line] : []))
        .map((line) => JSON.parse(line) as {event: string; text: string})
        .map(({event, text}) => `${event} ${text}`)
    const tunnel = start(['open', 'prod-db'], {env, program: program(), detached: true})
    kept = tunnel
    const early = tunnel.ended.then(({stderr}) => Promise.reject(new Error(`ended too early: ${stderr}`)))
    await Promise.race([until('the block', () => tunnel.stdout().includes('PGPASSFILE')), early])
    early.catch(() => {})
    expect(tunnel.stderr()).toContain('The toy watches prod-db.')
    expect(audit()).toEqual(['toy: opened open'])
    const {tunnels} = JSON.parse((await dbtunnel(['status', '--json'])).stdout) as TunnelListing
    expect(tunnels).toMatchObject([{target: 'prod-db', log: '/toy/box'}])

    const [session] = sandbox.sessions.open()
    sandbox.agents.terminate(session?.id ?? '')
    await until('the end of its session', () => audit().includes('toy: changed asleep'))
    tunnel.child.kill('SIGTERM')
    expect(await tunnel.ended).toMatchObject({status: 143})
    expect(audit().at(-1)).toBe('toy: closed 143')
  })
})
