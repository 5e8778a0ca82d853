import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, ROOT, run} from '../support/dbtunnel.js'

/** Another oclif CLI, with dbtunnel among its plugins. */
let host: string
let sandbox: Sandbox

beforeAll(async () => {
  host = mkdtempSync(join(tmpdir(), 'host-'))
  const pjson = {
    name: 'host',
    version: '1.0.0',
    dependencies: {dbtunnel: '*'},
    oclif: {bin: 'host', commands: './commands', plugins: ['dbtunnel'], topicSeparator: ' '},
  }
  mkdirSync(join(host, 'commands'))
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
  sandbox = await startSandbox()
})
afterAll(async () => {
  await sandbox.close()
  rmSync(host, {recursive: true})
})

const inHost = (...words: string[]): Promise<Ended> =>
  run(words, {program: join(host, 'host.js'), env: {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr'}})

describe('as a plugin of another oclif CLI', () => {
  it('its commands are listed', async () => {
    const {status, stdout} = await inHost('--help')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^COMMANDS\n(.*\n)* {2}open .*\n(.*\n)* {2}psql .*\n/m)
  })

  it('a command of its own wins', async () => {
    expect(await inHost('status')).toMatchObject({status: 0, stdout: 'sunny\n'})
    const {stdout} = await inHost('--help')
    expect(stdout.match(/^ {2}status .*$/gm)).toEqual([expect.stringContaining('Show the weather.')])
  })

  it('psql does its whole job', async () => {
    const ended = await inHost('psql', 'prod-db', '-Atc', 'select 1')
    expect(ended, ended.stderr).toMatchObject({status: 0, stdout: '1\n'})
  })

  it('the status is psql’s own', async () => {
    const {status, stderr} = await inHost('psql', 'prod-db', '--quiet', '-c', 'nonsense')
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
    const [hosted, alone] = await Promise.all([inHost(...words), run(words, {env})])
    expect(hosted).toMatchObject({status, stdout: '', stderr: alone.stderr})
    expect(alone.status).toBe(status)
  })

  it('ends with 64 after an unknown command, and names one that can be typed there', async () => {
    const hint = 'dbtunnel: There is no command "tokne". [COMMAND_UNKNOWN]\n  Did you mean: host token\n'
    expect(await inHost('tokne')).toMatchObject({status: 64, stdout: '', stderr: hint})
  })
})
