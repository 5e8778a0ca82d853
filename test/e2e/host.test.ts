import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, ROOT, run} from '../support/dbtunnel.js'

let folder: string
let sandbox: Sandbox

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'host-'))
  sandbox = await startSandbox()
})
afterAll(async () => {
  await sandbox.close()
  rmSync(folder, {recursive: true})
})

/** Another oclif CLI. Returns its program. */
function makeHost(name: string, oclif: object): string {
  const host = join(folder, name)
  const pjson = {
    name: 'host',
    version: '1.0.0',
    dependencies: {dbtunnel: '*'},
    oclif: {bin: 'host', commands: './commands', topicSeparator: ' ', ...oclif},
  }
  mkdirSync(join(host, 'commands'), {recursive: true})
  writeFileSync(
    join(host, 'commands/status.js'),
    `const {Command} = require('@oclif/core')
exports.default = class extends Command { static summary = 'Show the weather.'; async run() { this.log('sunny') } }\n`,
  )
  writeFileSync(join(host, 'package.json'), JSON.stringify(pjson))
  writeFileSync(join(host, 'host.js'), "require('@oclif/core').execute({dir: __dirname})\n")
  mkdirSync(join(host, 'node_modules/@oclif'), {recursive: true})
  symlinkSync(join(ROOT, 'node_modules/@oclif/core'), join(host, 'node_modules/@oclif/core'))
  symlinkSync(ROOT, join(host, 'node_modules/dbtunnel'))
  return join(host, 'host.js')
}

/** What `plugins link` of @oclif/plugin-plugins writes into a host's data folder. Returns that folder. */
function linkInto(name: string): string {
  const data = join(folder, `${name}-data`)
  const oclif = {schema: 1, plugins: [{name: 'dbtunnel', root: ROOT, type: 'link'}]}
  mkdirSync(data)
  writeFileSync(join(data, 'package.json'), JSON.stringify({name: 'host', dependencies: {}, oclif, private: true}))
  return data
}

interface Host {
  readonly program: string
  readonly env?: Readonly<Record<string, string>>
}

const inHost = ({program, env}: Host, ...words: string[]): Promise<Ended> =>
  run(words, {program, env: {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr', ...env}})

describe.each<[string, () => Host]>([
  ['among the plugins of another oclif CLI', () => ({program: makeHost('named', {plugins: ['dbtunnel']})})],
  ['linked by whoever uses one', () => ({program: makeHost('linking', {}), env: {HOST_DATA_DIR: linkInto('linking')}})],
])('%s', (_, make) => {
  let host: Host
  beforeAll(() => {
    host = make()
  })

  it('its commands are listed', async () => {
    const {status, stdout} = await inHost(host, '--help')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^COMMANDS\n(.*\n)* {2}open .*\n(.*\n)* {2}psql .*\n/m)
  })

  it('a command of its own wins', async () => {
    expect(await inHost(host, 'status')).toMatchObject({status: 0, stdout: 'sunny\n'})
    const {stdout} = await inHost(host, '--help')
    expect(stdout.match(/^ {2}status .*$/gm)).toEqual([expect.stringContaining('Show the weather.')])
  })

  it('psql does its whole job', async () => {
    const ended = await inHost(host, 'psql', 'prod-db', '-Atc', 'select 1')
    expect(ended, ended.stderr).toMatchObject({status: 0, stdout: '1\n'})
  })
})

describe('what it says there', () => {
  let host: Host
  beforeAll(() => {
    host = {program: makeHost('saying', {plugins: ['dbtunnel']})}
  })

  it('the status is psql’s own', async () => {
    const {status, stderr} = await inHost(host, 'psql', 'prod-db', '--quiet', '-c', 'nonsense')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^ERROR: .*\nLINE 1: nonsense\n *\^\n$/)
  })

  it.each<[number, string[]]>([
    [64, ['open', 'prod-db', '--local-port', 'x']],
    [64, ['open', 'prod-db', '--nope']],
    [68, ['psql', 'prod-bd']],
    [68, ['token', 'prod-bd']],
  ])('ends with %i after %j, and says what dbtunnel itself says', async (status, words) => {
    const env = {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr'}
    const [hosted, alone] = await Promise.all([inHost(host, ...words), run(words, {env})])
    expect(hosted).toMatchObject({status, stdout: '', stderr: alone.stderr})
    expect(alone.status).toBe(status)
  })

  it('ends with 64 after an unknown command, and names one that can be typed there', async () => {
    const hint = 'dbtunnel: There is no command "tokne". [COMMAND_UNKNOWN]\n  Did you mean: host token\n'
    expect(await inHost(host, 'tokne')).toMatchObject({status: 64, stdout: '', stderr: hint})
  })
})
