import {connect, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type SessionRecord} from '../sandbox/aws.js'
import {CARRIERS} from '../support/carriers.js'
import {run, type Running, type RunOptions, start} from '../support/dbtunnel.js'
import {freePort} from '../support/free-port.js'
import {expectNothingOf} from '../support/leftovers.js'
import {asOrdinary, NOBODY} from '../support/ordinary-user.js'
import {isRoot, otherUserCalls} from '../support/other-user.js'
import {pasted} from '../support/pasted.js'
import {until} from '../support/until.js'

// Other people on the same machine can reach 127.0.0.1, too. The tunnel is an ordinary user's; a third one calls.

const STRANGER = 65_533

type Env = Record<string, string>

interface Tunnel {
  readonly env: Env
  readonly running: Running
  readonly block: string
  readonly port: number
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once('close', () => resolve()))
}

let sandbox: Sandbox
let tunnels: Tunnel[] = []
const strangers: {leave(): Promise<void>}[] = []
let marks = 0

beforeAll(async () => {
  sandbox = await startSandbox()
})

afterEach(async () => {
  sandbox.aws.disturbances.clear()
  for (const stranger of strangers.splice(0)) await stranger.leave()
  for (const {running, env} of tunnels) {
    running.child.kill('SIGINT')
    await running.ended
    await expectNothingOf(env)
  }
  tunnels = []
})

afterAll(() => sandbox.close())

async function open(words: readonly string[] = [], options: Partial<RunOptions> = {}): Promise<Tunnel> {
  const mark = `other-users-${++marks}`
  const own = {DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_ENGINE: 'native', DBTUNNEL_REASON: mark}
  const env = {...sandbox.env(), ...own, ...options.env, DBTUNNEL_LOCAL_PORT: String(await freePort())}
  // The stand-in for the plugin is compiled where only its owner may write: that tunnel is root's.
  const uid = isRoot && env.DBTUNNEL_ENGINE === 'native' ? NOBODY : undefined
  if (uid !== undefined) asOrdinary(env)
  const running = start(['open', 'prod-db', ...words], {detached: true, uid, ...options, env})
  const early = running.ended.then(({stderr}) => {
    throw new Error(`ended too early: ${stderr}`)
  })
  await Promise.race([until('the block', () => /PGPASSFILE.*\n/.test(running.stdout())), early])
  early.catch(() => {})
  const block = running.stdout()
  const tunnel = {env, running, block, port: Number(/PGPORT=(\d+)/.exec(block)?.[1])}
  tunnels.push(tunnel)
  return tunnel
}

function strangerCalls({port}: Tunnel, count = 1): Promise<Readonly<Record<string, number>>> {
  const stranger = otherUserCalls(port, count, STRANGER)
  strangers.push(stranger)
  return stranger.fates
}

const sessionsOf = ({env}: Tunnel): readonly SessionRecord[] =>
  sandbox.sessions.all().filter(({reason}) => reason?.startsWith(`${env['DBTUNNEL_REASON']} `))

const linesOf = ({running}: Tunnel): readonly string[] =>
  running
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('Refused'))

/** Root may connect, too: the passfile can be read by this test. */
async function expectLogin({block}: Tunnel): Promise<void> {
  expect(await pasted(block, `psql -w -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n', stderr: ''})
}

describe.runIf(isRoot && process.platform === 'linux')('a program of another user', () => {
  it.each(CARRIERS)('is reset before it counts, and one line says whose it was, $name', async (carrier) => {
    const tunnel = await open([], {env: carrier.env})
    const before = sandbox.agents.session(sessionsOf(tunnel)[0]?.id ?? '').dialled
    expect(await strangerCalls(tunnel, 20)).toEqual({ECONNRESET: 20})
    expect(sandbox.agents.session(sessionsOf(tunnel)[0]?.id ?? '').dialled).toBe(before)
    const lines = linesOf(tunnel)
    expect(lines).toHaveLength(1)
    // Its program is named where it was still there.
    expect(lines[0]).toMatch(
      new RegExp(`port ${tunnel.port} from another user's program \\(uid ${STRANGER}\\b.*--allow-other-users$`),
    )
    await expectLogin(tunnel)
    tunnel.running.child.kill('SIGINT')
    expect((await tunnel.running.ended).stderr).toMatch(/\ndbtunnel: Closed prod-db after \d+ s: 1 connection, /)
  })

  it('wakes no tunnel that is asleep, and starts no session in the name of its owner', async () => {
    const tunnel = await open()
    sandbox.agents.terminate(sessionsOf(tunnel)[0]?.id ?? '', 'Session timed out')
    await until('sleep', () => tunnel.running.stderr().includes('prod-db is asleep'))
    expect(await strangerCalls(tunnel, 50)).toEqual({ECONNRESET: 50})
    await sleep(500)
    expect(sessionsOf(tunnel)).toHaveLength(1)
    await expectLogin(tunnel)
    expect(sessionsOf(tunnel)).toHaveLength(2)
  })

  it('does not wait for a session, fill the log or hurry the next one, while a session is replaced', async () => {
    const tunnel = await open()
    sandbox.aws.disturbances.add({action: 'ssm:StartSession', effect: {kind: 'hang'}})
    sandbox.agents.terminate(sessionsOf(tunnel)[0]?.id ?? '', 'gone')
    await sleep(200)
    expect(await strangerCalls(tunnel, 400)).toEqual({ECONNRESET: 400})
    expect(await strangerCalls(tunnel, 400)).toEqual({ECONNRESET: 400})
    expect(linesOf(tunnel)).toHaveLength(1)
  })

  it('does not keep a tunnel from ending by --idle', async () => {
    const tunnel = await open(['--idle', '2s'])
    const calling = setInterval(() => void strangerCalls(tunnel).catch(() => {}), 500)
    const {status, stderr} = await tunnel.running.ended
    clearInterval(calling)
    expect(status).toBe(0)
    expect(stderr).toMatch(/Closed prod-db after [2-9] s: 0 connections/)
  })

  it('puts no tunnel out of use with 600 connections, where 256 files may be open', async () => {
    const tunnel = await open([], {openFiles: 256})
    const fates = strangerCalls(tunnel, 600)
    await expectLogin(tunnel)
    expect(await fates).toEqual({ECONNRESET: 600})
    await expectLogin(tunnel)
    // Its state file could be written.
    await until('the count', async () => {
      const {stdout} = await run(['status', '--json'], {env: tunnel.env, uid: NOBODY})
      const [listed] = (JSON.parse(stdout) as {tunnels: {bytesUp: number}[]}).tunnels
      return listed && listed.bytesUp > 0
    })
    for (const stranger of strangers.splice(0)) await stranger.leave()
    await expectLogin(tunnel)
  })

  it.each(CARRIERS)('comes in with --allow-other-users, $name', async (carrier) => {
    const tunnel = await open(['--allow-other-users'], {env: carrier.env})
    // The database says what it does not understand.
    expect(Object.keys(await strangerCalls(tunnel))).toEqual([expect.stringMatching(/^(answered|ended|ECONNRESET)$/)])
    expect(linesOf(tunnel)).toEqual([])
    tunnel.running.child.kill('SIGINT')
    expect((await tunnel.running.ended).stderr).toMatch(/: 1 connection, /)
  })
})

it('a thousand connections of one’s own are bounded where 256 files may be open, and it is told which limit that is', async () => {
  const tunnel = await open([], {openFiles: 256})
  const sockets = Array.from({length: 1000}, () =>
    connect({port: tunnel.port, host: '127.0.0.1'}).on('error', () => {}),
  )
  await Promise.all(sockets.map((socket) => Promise.race([closed(socket), sleep(2000)])))
  const isOpen = sockets.filter(({destroyed}) => !destroyed)
  expect(isOpen.length).toBeGreaterThan(0)
  expect(isOpen.length).toBeLessThanOrEqual(64)
  expect(linesOf(tunnel)).toEqual([
    expect.stringMatching(/^Refused 1 connection: 64 at a time are the most, by the limit/),
  ])
  for (const socket of sockets) socket.destroy()
  await until('a place', async () => (await pasted(tunnel.block, `psql -w -Atc 'select 7'`)).status === 0)
})
