import {execFileSync, spawnSync} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import type {TargetListing} from '../../src/core/results/config-listing.js'
import {ROOT} from '../support/dbtunnel.js'

const SETTING = `import {LOGIN_COMMANDS, setting} from '../setting.js'
import {words} from '../value-kinds.js'

export const toy = [
  setting({
    key: 'greeting',
    value: words('WORD', ['hello', 'goodbye']),
    group: 'TUNNEL',
    help: 'How to greet the database.',
    flag: 'greeting',
    commands: LOGIN_COMMANDS,
    owner: 'user',
    default: 'hello',
  }),
] as const
`

/** A copy of the sources, with one more file. */
let tree: string

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'new-setting-'))
  for (const name of ['bin', 'src', 'docs', 'package.json', 'oclif.manifest.json', 'tsconfig.json', 'LICENSE']) {
    cpSync(join(ROOT, name), join(tree, name), {recursive: true})
  }
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
  writeFileSync(join(tree, 'src/settings/definitions/toy.ts'), SETTING)
  execFileSync(process.execPath, ['bin/build.mjs'], {cwd: tree})
  // Without it oclif asks the commands themselves.
  rmSync(join(tree, 'oclif.manifest.json'))
  mkdirSync(join(tree, 'home/.config/dbtunnel'), {recursive: true, mode: 0o700})
  mkdirSync(join(tree, 'home/repository/.git'), {recursive: true, mode: 0o700})
}, 60_000)
afterAll(() => rmSync(tree, {recursive: true}))

function run(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const {status, stdout, stderr} = spawnSync(process.execPath, [join(tree, 'bin/run.js'), ...words], {
    cwd: join(tree, 'home/repository'),
    env: {PATH: process.env['PATH'] ?? '', HOME: join(tree, 'home'), AWS_REGION: 'eu-west-1', ...env},
    encoding: 'utf8',
  })
  return {status, stdout, stderr}
}

/** As `dbtunnel config` shows it. */
function shown(words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): string | undefined {
  const {stdout} = run(['config', 'prod-db', '--json', ...words], env)
  const {settings} = JSON.parse(stdout) as TargetListing
  const found = settings.find(({setting}) => setting === 'greeting')
  return found && `${found.value} by ${found.from.replace(/^.*\//, '')}`
}

it('a setting is one new file: help, flag, variable, config files, dbtunnel config, completion and docs have it', () => {
  for (const command of ['psql', 'exec', 'open', 'config']) {
    expect(run([command, '--help']).stdout).toMatch(
      /--greeting=WORD +How to greet the database\.\s+\[default:\s+hello\]/,
    )
  }
  expect(run(['token', '--help']).stdout).not.toContain('--greeting')

  expect(shown()).toBe('hello by default')
  const own = join(tree, 'home/.config/dbtunnel/config.yaml')
  writeFileSync(own, 'defaults:\n  greeting: goodbye\n', {mode: 0o600})
  expect(shown()).toBe('goodbye by config.yaml:2')
  expect(shown([], {DBTUNNEL_GREETING: 'hello'})).toBe('hello by DBTUNNEL_GREETING')
  expect(shown(['--greeting', 'hello'], {DBTUNNEL_GREETING: 'goodbye'})).toBe('hello by --greeting')
  expect(run(['psql', 'prod-db', '--greeting', 'hi'])).toMatchObject({status: 64})
  expect(run(['config', 'prod-db'], {DBTUNNEL_GREETING: 'hi'})).toMatchObject({status: 64})
  writeFileSync(own, 'defaults:\n  greeting: hi\n')
  expect(run(['config'])).toMatchObject({status: 78, stderr: expect.stringContaining('[CONFIG_INVALID]') as string})
  rmSync(own)
  writeFileSync(join(tree, 'home/repository/dbtunnel.yaml'), 'defaults:\n  greeting: hello\n', {mode: 0o600})
  expect(run(['config'])).toMatchObject({status: 78, stderr: expect.stringContaining('[CONFIG_UNSAFE]') as string})

  const schema = (name: string): string => readFileSync(join(tree, 'dist', name), 'utf8')
  expect(schema('config.schema.json')).toContain('"greeting"')
  expect(schema('dbtunnel.schema.json')).not.toContain('"greeting"')

  expect(run(['complete', '--', 'psql', '--greeting', ''])).toMatchObject({stdout: 'goodbye\nhello\n'})

  execFileSync(process.execPath, ['bin/settings-page.mjs'], {cwd: tree})
  const page = readFileSync(join(tree, 'docs/reference/settings.md'), 'utf8')
  expect(page).toMatch(
    /^\| `greeting` .*How to greet the database\. .*`--greeting WORD`.*`DBTUNNEL_GREETING`.*`hello`/m,
  )
})
