import {chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {dialPort} from '../../../../../src/adapters/network/dial.js'
import {privateFiles} from '../../../../../src/adapters/files/private-files.js'
import {processes} from '../../../../../src/adapters/processes/processes.js'
import {fail} from '../../../../../src/core/errors.js'
import {pluginCarrier} from '../../../../../src/links/session/plugin/carrier.js'
import type {Carry, Link} from '../../../../../src/links/link.js'
import {type RecordedRun, recordedRun} from './recorded-run.js'

const ID = 'alice-0a1b2c3d4e5f60718'
const TOKEN = 'tok-secret'
const limits = (ms: number) => ({webSocketMs: ms, handshakeMs: ms})

let folder: string
let run: RecordedRun

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
  await mkdir(join(folder, 'tmp'))
  run = recordedRun()
})

afterEach(async () => {
  expect(await run.end()).toEqual([])
  expect(await readdir(join(folder, 'tmp'))).toEqual([])
  await rm(folder, {recursive: true, force: true})
})

/** What every fixture knows: the session's id, how to speak, how to be listening, how to stay. */
const PRELUDE = `#!${process.execPath}
const id = '${ID}'
const say = (text) => require('node:fs').writeSync(1, text)
const greet = () => say('\\nStarting session with SessionId: ' + id + '\\n')
const listening = (port) => say('Port ' + port + ' opened for sessionId ' + id + '.\\nWaiting for connections...\\n')
const stay = () => setInterval(() => {}, 1000)
`
const POLITE = `process.on('SIGINT', () => { say('Terminate signal received, exiting.\\n\\n\\nExiting session with sessionId: ' + id + '.\\n\\n'); process.exit(0) })\n`

interface Wish {
  readonly carry?: Partial<Carry>
  readonly environment?: Record<string, string>
  readonly mode?: number
  /** A program gives the credentials. */
  readonly startsProgram?: boolean
}

/** When it rejects, the plugin's own folder is gone already. */
async function open(body: string, wish: Wish = {}): Promise<Link> {
  try {
    return await openWith(body, wish)
  } catch (error) {
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    throw error
  }
}

async function openWith(body: string, {carry, environment, mode = 0o755, startsProgram = false}: Wish): Promise<Link> {
  const file = join(folder, 'session-manager-plugin')
  await writeFile(file, PRELUDE + body)
  await chmod(file, mode)
  const ports = {
    process: processes(),
    aws: {
      ssm: {endpointUrl: async () => 'http://127.0.0.1:1/'},
      login: {startsProgram: async () => startsProgram},
    },
    dial: dialPort,
    files: privateFiles({TMPDIR: join(folder, 'tmp')}),
  }
  const bastion = {id: 'i-1'}
  const request = {target: 'i-1', document: 'D', parameters: {host: ['db.internal'], localPortNumber: ['0']}}
  const grant = {sessionId: ID, tokenValue: TOKEN, streamUrl: 'wss://example/?cell-number=secret'}
  return pluginCarrier(ports, {file, version: '1.2.677.0'}, {...environment}).open(
    {grant, bastion, region: 'eu-west-1', profile: 'work', request, limits: limits(5000), ...carry},
    run,
  )
}

async function pidOf(): Promise<number> {
  return Number(await readFile(join(folder, 'pid'), 'utf8'))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const notePid = (): string =>
  `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid))\n`

describe('a plugin that does its job', () => {
  it('is called as AWS CLI calls it, with its secrets in a variable and a temporary folder of its own', async () => {
    const record = `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'call'))}, JSON.stringify({argv: process.argv.slice(2), env: process.env, mode: require('node:fs').statSync(process.env.TMPDIR).mode & 0o777}))\n`
    const environment = {
      HOME: '/home/alice',
      AWS_CA_BUNDLE: '/ca.pem',
      HTTPS_PROXY: 'http://proxy',
      PGPASSWORD: 'p',
      PGHOST: 'h',
      DBTUNNEL_URL: 'postgresql://elsewhere',
      NODE_OPTIONS: '--no-warnings',
      GITHUB_TOKEN: 'g',
    }
    const session = await open(`${POLITE}${record}greet(); listening(40123); stay()`, {environment})
    expect(session).toMatchObject({id: ID, via: {carrier: 'plugin', bastion: {id: 'i-1'}}})

    const {argv, env, mode} = JSON.parse(await readFile(join(folder, 'call'), 'utf8'))
    expect(argv).toEqual([
      'AWS_SSM_START_SESSION_RESPONSE',
      'eu-west-1',
      'StartSession',
      'work',
      '{"Target":"i-1","DocumentName":"D","Parameters":{"host":["db.internal"],"localPortNumber":["0"]}}',
      'http://127.0.0.1:1/',
    ])
    const {AWS_SSM_START_SESSION_RESPONSE: response, TMPDIR: temporary, ...others} = env
    expect(JSON.parse(response)).toEqual({
      SessionId: ID,
      TokenValue: TOKEN,
      StreamUrl: 'wss://example/?cell-number=secret',
    })
    expect(temporary).toMatch(new RegExp(`^${join(folder, 'tmp')}/`))
    expect(mode).toBe(0o700)
    expect(others).toEqual({HOME: '/home/alice', AWS_CA_BUNDLE: '/ca.pem', HTTPS_PROXY: 'http://proxy'})
  })

  it('has all that the program may need which gives its credentials', async () => {
    const record = `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'call'))}, JSON.stringify(process.env))\n`
    const environment = {VAULT_TOKEN: 'v', PGPASSWORD: 'p', DBTUNNEL_URL: 'postgresql://elsewhere'}
    await open(`${POLITE}${record}greet(); listening(40123); stay()`, {environment, startsProgram: true})
    const {
      TMPDIR: _,
      AWS_SSM_START_SESSION_RESPONSE: __,
      ...others
    } = JSON.parse(await readFile(join(folder, 'call'), 'utf8'))
    expect(others).toEqual({VAULT_TOKEN: 'v'})
  })

  it('is ended by SIGINT, and that is no error', async () => {
    const session = await open(`${POLITE}${notePid()}greet(); listening(40123); stay()`)
    await session.close()
    expect(await session.closed).toEqual({})
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    expect(isAlive(await pidOf())).toBe(false)
  })

  it('is killed when it does not go, and leaves nothing', async () => {
    const litter = `require('node:fs').writeFileSync(process.env.TMPDIR + '/123_session_manager_plugin_mux.sock', '')\n`
    const session = await open(`process.on('SIGINT', () => {})\n${notePid()}${litter}greet(); listening(40123); stay()`)
    await session.close()
    expect(await session.closed).toEqual({})
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    expect(isAlive(await pidOf())).toBe(false)
  })

  it('may talk as much as it likes', async () => {
    const session = await open(
      `${POLITE}greet(); listening(40123); for (let n = 0; n < 2000; n++) say('\\nConnection to destination port failed, check SSM Agent logs.\\n'); ${notePid()}stay()`,
    )
    await expect.poll(() => session.failedDials?.()).toBe(2000)
  })

  it('is checked by a connection that carries nothing, at which one that sends no more gives up', async () => {
    const giveUp = `say('Cannot perform start session: write tcp 10.0.0.1:1->10.0.0.2:443: write: broken pipe\\n'); process.exit(0)`
    const body = `let calls = 0
const server = require('node:net').createServer((socket) => { if (++calls === 2) { ${giveUp} } socket.on('data', () => process.exit(1)).on('end', () => socket.end()) })
server.listen(0, '127.0.0.1', () => listening(server.address().port))`
    const session = await open(`${POLITE}greet(); ${body}`)
    await session.check()
    expect(await Promise.race([session.closed, Promise.resolve('alive')])).toBe('alive')
    await session.check()
    expect(await session.closed).toMatchObject({
      error: {code: 'TUNNEL_LOST', message: expect.stringMatching(/plugin failed: write tcp [^\n]* broken pipe\.$/)},
    })
    await session.check()
  })

  it('is checked in a moment, though it answers nothing', async () => {
    const body = `require('node:net').createServer({allowHalfOpen: true}, () => {}).listen(0, '127.0.0.1', function () { listening(this.address().port) })`
    const session = await open(`${POLITE}greet(); ${body}`)
    await session.check()
    expect(await Promise.race([session.closed, Promise.resolve('alive')])).toBe('alive')
  })

  it('is over when it has answered no check for a minute', async () => {
    const body = `require('node:net').createServer({allowHalfOpen: true}, () => {}).listen(0, '127.0.0.1', function () { listening(this.address().port) })`
    const session = await open(`${POLITE}${notePid()}greet(); ${body}`)
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    try {
      void session.check()
      void session.check()
      await vi.advanceTimersByTimeAsync(60_000)
    } finally {
      vi.useRealTimers()
    }
    expect(await session.closed).toMatchObject({
      error: {code: 'TUNNEL_LOST', message: 'The session-manager-plugin has sent nothing for a minute.'},
    })
    expect(isAlive(await pidOf())).toBe(false)
  })
})

describe('a plugin that does not come up', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'gives up',
      `greet(); say('Cannot perform start session: dial tcp: no route\\n')`,
      'PLUGIN_UNUSABLE',
      /failed: dial tcp: no route\.$/,
    ],
    [
      'is told that the session is over',
      `greet(); say('\\n\\nSessionId: ' + id + ' : Plugin with name Port not found.\\n\\n')`,
      'SESSION_FAILED',
      /ended the session: Plugin with name Port not found\.$/,
    ],
    [
      'is told so without a word',
      `greet(); say('\\n\\nExiting session with sessionId: ' + id + '.\\n\\n')`,
      'SESSION_FAILED',
      /without a reason/,
    ],
    [
      'is told that nobody answers',
      `greet(); say('\\n\\nSessionId: ' + id + ' : Unable to connect to specified port: refused\\n\\n')`,
      'DATABASE_UNREACHABLE',
      /Unable to connect to specified port: refused/,
    ],
    ['ends without a word', '', 'PLUGIN_UNUSABLE', /ended with status 0 before/],
    [
      'panics',
      `console.error('panic: runtime error'); process.exit(2)`,
      'PLUGIN_UNUSABLE',
      /ended with status 2 before/,
    ],
    [
      'is killed',
      `greet(); process.kill(process.pid, 'SIGKILL')`,
      'PLUGIN_UNUSABLE',
      /ended with signal SIGKILL before/,
    ],
  ])('because it %s', async (_, body, code, message) => {
    await expect(open(body)).rejects.toMatchObject({code, message: expect.stringMatching(message)})
  })

  it('is quoted, without secrets', async () => {
    const body = `greet(); console.error('panic: bad {"TokenValue":"${TOKEN}"}'); process.exit(2)`
    await expect(open(body)).rejects.toMatchObject({
      hint: expect.stringMatching(/It said: panic: bad \{"TokenValue":"\*\*\*"\}/),
    })
  })

  it('because it hangs, is ended in time', async () => {
    const hanging = open(`${notePid()}greet(); stay()`, {carry: {limits: limits(700)}})
    await expect(hanging).rejects.toMatchObject({
      code: 'TIMEOUT',
      hint: expect.stringContaining(`It said: Starting session with SessionId: ${ID}`),
    })
    expect(isAlive(await pidOf())).toBe(false)
  })

  it('because the run is stopped, is ended', async () => {
    const reason = fail('INTERRUPTED', 'Interrupted.')
    const opening = open(`${notePid()}greet(); stay()`)
    void expect
      .poll(() => pidOf().catch(() => undefined))
      .toBeTruthy()
      .then(() => run.stop.abort(reason))
    await expect(opening).rejects.toBe(reason)
    expect(isAlive(await pidOf())).toBe(false)
  })

  it('because the run is being undone, is ended, and that is not called its own fault', async () => {
    const opening = open(`${notePid()}greet(); stay()`)
    const refused = expect(opening).rejects.toMatchObject({code: 'SESSION_FAILED'})
    await expect.poll(() => pidOf().catch(() => undefined)).toBeTruthy()
    expect(await run.end()).toEqual([])
    await refused
    expect(isAlive(await pidOf())).toBe(false)
  })

  it('is not started in a run that has been undone', async () => {
    await run.end()
    await expect(open(notePid())).rejects.toMatchObject({code: 'SESSION_FAILED'})
    await expect(pidOf()).rejects.toThrow()
  })

  it('because it cannot be run', async () => {
    await expect(open('', {mode: 0o644})).rejects.toMatchObject({
      code: 'PLUGIN_UNUSABLE',
      message: expect.stringContaining('permission denied'),
    })
  })
})

describe('a tunnel that is lost', () => {
  it.each<[string, string, RegExp]>([
    ['its plugin is killed', `process.kill(process.pid, 'SIGKILL')`, /ended with signal SIGKILL/],
    ['its plugin ends', 'process.exit(0)', /ended with status 0/],
    [
      'Session Manager ends it',
      `say('\\n\\nSessionId: ' + id + ' : Link was idle\\n\\n'); process.exit(0)`,
      /ended the session: Link was idle\.$/,
    ],
    ['it cannot be resumed', `say('Session: ' + id + ' timed out.\\n'); process.exit(0)`, /timed out/],
  ])('because %s', async (_, body, message) => {
    const session = await open(`greet(); listening(40123); setTimeout(() => {${body}}, 50)`)
    expect(await session.closed).toMatchObject({error: {code: 'TUNNEL_LOST', message: expect.stringMatching(message)}})
    await session.check()
    await session.close()
  })
})
