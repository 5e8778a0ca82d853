import {appendFileSync, readdirSync, readFileSync, readlinkSync, writeFileSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {rootNodeWords} from '../../src/adapters/hosts-helper/node-words.js'
import {PROGRAM as HELPER_PROGRAM} from '../../src/adapters/hosts-helper/places.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {PROGRAM, run, type Running, start} from '../support/dbtunnel.js'
import {asOrdinary} from '../support/ordinary-user.js'
import {pidOf, watchFor, type Watch} from '../support/leftovers.js'
import {pids, readProc} from '../support/processes.js'
import type {Screen} from '../support/terminal.js'
import {until} from '../support/until.js'
import {
  addressOf,
  type Env,
  HOST,
  hostsText,
  setPassword,
  setRules,
  USER,
  usersScreen,
  WITH_PASSWORD,
  WITHOUT_PASSWORD,
} from './machine.js'

const CTRL_C = '\u0003'
const PROMPT = /\[sudo\] password for nobody: ?$/

let sandbox: Sandbox
let env: Env
let before: string
let watch: Watch
const screens: Screen[] = []
const running: Running[] = []

beforeAll(async () => {
  setPassword()
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())
beforeEach(() => {
  env = asOrdinary({...sandbox.env(), DBTUNNEL_ENGINE: 'native', PSQLRC: '/dev/null', TERM: 'xterm'})
  before = hostsText()
  watch = watchFor(sandbox, env)
})
afterEach(async () => {
  for (const {pty} of screens.splice(0)) pty.kill('SIGKILL')
  for (const {child, ended} of running.splice(0)) {
    child.kill('SIGTERM')
    await ended
  }
  setRules()
  const after = hostsText()
  writeFileSync('/etc/hosts', before)
  expect(after).toBe(before)
})

const asUser = {uid: USER.uid}
/** `dbtunnel open`, as the user and without a terminal. */
function openTunnel(...words: string[]): Running {
  const tunnel = start(['open', 'prod-db', ...words], {env, ...asUser, detached: true})
  running.push(tunnel)
  return tunnel
}
const onScreen = (...words: string[]): Screen => {
  const screen = usersScreen(words, env)
  screens.push(screen)
  return screen
}
/** Those of this machine: other tests may have theirs. */
const helpers = (): number[] =>
  pids().filter(
    (pid) => /^[^\0]*node\0(?:--[^\0]*\0)*[^\0]*hosts-helper/.test(readProc(pid, 'cmdline')) && hasOurEtc(pid),
  )
const sudos = (): number[] =>
  pids().filter((pid) => readProc(pid, 'cmdline').startsWith('/usr/bin/sudo') && hasOurEtc(pid))
function hasOurEtc(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt')
  } catch {
    // It has ended.
    return false
  }
}
/** It takes what a kill has left. */
const nextStart = () => run(['psql', 'prod-db', '-c', 'select 1'], {env, ...asUser, detached: true})
/** dbtunnel itself, not its helper. */
const ourPid = (): number => pidOf(env, 'node') ?? 0

describe('sudo that needs no password', () => {
  beforeEach(() => setRules(WITHOUT_PASSWORD))

  it('psql has the name in the hosts file, as long as it runs', async () => {
    const words = ['psql', 'prod-db', '--quiet', '-At', '-c', `\\! getent hosts ${HOST}; echo "<$PGHOSTADDR>"`]
    const {status, stdout, stderr} = await run(words, {env, ...asUser, detached: true})
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(stdout).toMatch(new RegExp(`^127\\.0\\.0\\.1 +${HOST}\n<127\\.0\\.0\\.1>\n$`))
    await watch.expectNothingLeft()
  })

  it('open needs no PGHOSTADDR', async () => {
    const tunnel = openTunnel('--quiet')
    const block = await until('the block', () => /[^]*PGPASSFILE.*\n/.exec(tunnel.stdout())?.[0])
    expect(block).not.toContain('PGHOSTADDR')
    expect(await addressOf(HOST)).toBe('127.0.0.1')
    expect(helpers()).toHaveLength(1)
    tunnel.child.kill('SIGTERM')
    expect(await tunnel.ended).toMatchObject({status: 143})
    await watch.expectNothingLeft()
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'a helper that is ended by %s is told of, and its line goes',
    async (signal) => {
      const tunnel = openTunnel()
      await until('the line', async () => (await addressOf(HOST)) === '127.0.0.1')
      await until('the block', () => tunnel.stdout().includes('PGPASSFILE'))
      const pid = Number(/pid=(\d+)/.exec(hostsText())?.[1])
      process.kill(pid, signal)
      await until('the notice', () => tunnel.stderr().includes('dbtunnel: The hosts helper stopped'))
      tunnel.child.kill('SIGINT')
      const {status, stderr} = await tunnel.ended
      expect(status).toBe(130)
      if (signal === 'SIGTERM') expect(stderr).not.toContain('Not undone')
      else {
        expect(stderr).toMatch(/Cleanup failed: .* in the hosts file: The hosts helper stopped/)
        expect(hostsText()).toContain(HOST)
        // The next start takes it out.
        expect(await run(['psql', 'prod-db', '-c', 'select 1'], {env, ...asUser, detached: true})).toMatchObject({
          status: 0,
        })
      }
      await watch.expectNothingLeft()
    },
  )
})

describe('sudo that asks for a password', () => {
  beforeEach(() => setRules(WITH_PASSWORD))

  it('psql never asks: it is given the address, and says so', async () => {
    const screen = onScreen('psql', 'prod-db')
    const shown = await screen.waitFor(/shop=> $/)
    expect(screen.plain()).toContain('The hosts file needs root: the client is given the address instead')
    expect(screen.plain()).not.toContain('password')
    screen.type('\\q\n')
    expect(await screen.ended).toMatchObject({status: 0})
    expect(shown).toBeGreaterThan(0)
    await watch.expectNothingLeft()
  })

  it('open asks once, before it draws, and has the name in the hosts file', async () => {
    const screen = onScreen('open', 'prod-db')
    await screen.waitFor(PROMPT)
    expect(screen.plain()).toMatch(/^The hosts file needs root: sudo asks for your password, once\./)
    expect(screen.plain()).not.toContain('Database')
    screen.type(`${USER.password}\r`)
    await screen.waitFor(/PGPASSFILE=.*\r\n/)
    expect(screen.plain()).not.toContain('PGHOSTADDR')
    expect(screen.plain().match(/\[sudo\]/g)).toHaveLength(1)
    expect(await addressOf(HOST)).toBe('127.0.0.1')
    expect(helpers()).toHaveLength(1)
    screen.type(CTRL_C)
    expect(await screen.ended).toMatchObject({status: 130})
    await watch.expectNothingLeft()
  })

  it('a wrong password three times: open goes on with the address', async () => {
    const screen = onScreen('open', 'prod-db')
    let at = 0
    for (let attempt = 0; attempt < 3; attempt++) {
      at = await screen.waitFor(PROMPT, at)
      screen.type('wrong\r')
    }
    await screen.waitFor(/PGPASSFILE=.*\r\n/)
    expect(screen.plain()).toContain('3 incorrect password attempts')
    expect(screen.plain()).toContain('PGHOSTADDR')
    screen.type(CTRL_C)
    expect(await screen.ended).toMatchObject({status: 130})
    await watch.expectNothingLeft()
  })

  it('Ctrl-C at the question ends it, with the terminal as it was', async () => {
    const screen = usersScreen(
      [
        '--norc',
        '-c',
        'set -m; stty -a; "$@"; echo "status=$?"; stty -a; echo end; read',
        'bash',
        process.execPath,
      ].concat(new URL('../../bin/run.js', import.meta.url).pathname, 'open', 'prod-db'),
      env,
      '/bin/bash',
    )
    screens.push(screen)
    await screen.waitFor(PROMPT)
    screen.type(CTRL_C)
    await screen.waitFor(/status=130\r\n[^]*\nend\r\n/)
    const [modes, after] = screen.plain().match(/speed[^]*?extproc/g) ?? []
    expect(after).toBe(modes)
    screen.type('\r')
    await screen.ended
    await watch.expectNothingLeft()
  })

  it('SIGTERM at the question ends it, and sudo with it', async () => {
    const screen = onScreen('open', 'prod-db')
    await screen.waitFor(PROMPT)
    process.kill(ourPid(), 'SIGTERM')
    expect(await screen.ended).toMatchObject({status: 143})
    await watch.expectNothingLeft()
  })

  it('--resolve hosts where nobody can be asked: 73, and what mends it', async () => {
    const {status, stderr} = await run(['psql', 'prod-db', '--resolve', 'hosts', '-c', 'select 1'], {
      env,
      ...asUser,
      detached: true,
    })
    expect(status).toBe(73)
    expect(stderr).toMatch(/Writing the hosts file requires root, and sudo failed: .*password is required/)
    expect(stderr).toContain('[HOSTS_UNWRITABLE]')
    await watch.expectNothingLeft()
  })

  it('Ctrl-C ten times in psql is the query’s; the line stays, and goes within a second of kill -9', async () => {
    const screen = onScreen('psql', 'prod-db', '--resolve', 'hosts')
    await screen.waitFor(PROMPT)
    screen.type(`${USER.password}\r`)
    let at = await screen.waitFor(/shop=> $/)
    expect(await addressOf(HOST)).toBe('127.0.0.1')
    for (let press = 0; press < 10; press++) {
      screen.type('select pg_sleep(60);\r')
      await sleep(50)
      screen.type(CTRL_C)
      at = await screen.waitFor(/canceling statement[^]*shop=> $/, at)
    }
    expect(await addressOf(HOST)).toBe('127.0.0.1')
    expect(helpers()).toHaveLength(1)
    screen.type('select 6*7 as answer;\r')
    await screen.waitFor(/answer[^]*42/, at)
    process.kill(ourPid(), 'SIGKILL')
    const killedAt = Date.now()
    await until('the line to go', () => hostsText() === before, 5000)
    expect(Date.now() - killedAt).toBeLessThan(1000)
    await until('the helper to go', () => helpers().length === 0)
    await nextStart()
    await watch.expectNothingLeft()
  })
})

describe('sudo that asks for a password, for a tunnel in the background', () => {
  beforeEach(() => setRules(WITH_PASSWORD))
  const typed = async (...words: string[]): Promise<Screen> => {
    const screen = usersScreen(['--norc', '--noprofile', '-i'], {...env, PS1: 'shell> '}, '/bin/bash')
    screens.push(screen)
    await screen.waitFor(/shell> $/)
    screen.type(`${process.execPath} ${PROGRAM} open prod-db --detach ${words.join(' ')}; echo "status $?"\r`)
    await screen.waitFor(PROMPT)
    return screen
  }
  const hangUp = async (screen: Screen): Promise<void> => {
    screen.hangUp()
    await screen.ended
  }
  const status = async () => JSON.parse((await run(['status', '--json'], {env, ...asUser})).stdout)
  const close = () => run(['close', 'prod-db'], {env, ...asUser})

  it.each([
    ['close', close],
    ['kill -9', async () => process.kill((await status()).tunnels[0].owner.pid, 'SIGKILL')],
  ])('asks on the terminal; the line outlives that, and goes within a second of %s', async (_, end) => {
    const screen = await typed()
    expect(screen.plain()).toContain('The hosts file needs root: sudo asks for your password, once.')
    screen.type(`${USER.password}\r`)
    await screen.waitFor(/status 0\s+shell> $/)
    expect(screen.plain().match(/\[sudo\]/g)).toHaveLength(1)
    expect(screen.plain()).toContain('PGPASSFILE=')
    expect(screen.plain()).not.toContain('PGHOSTADDR')
    const [helper = 0, ...more] = helpers()
    expect(more).toEqual([])
    // pid (comm) state ppid pgrp session tty: a session of its own, and no terminal.
    expect(readProc(helper, 'stat').split(') ')[1]?.split(' ').slice(2, 5)).toEqual([`${helper}`, `${helper}`, '0'])
    expect(sudos()).toEqual([])
    expect(readProc(helper, 'cmdline').split('\0').slice(1)).toEqual([...rootNodeWords(), HELPER_PROGRAM, ''])
    await hangUp(screen)
    expect((await status()).tunnels).toMatchObject([{health: 'up'}])
    expect(await addressOf(HOST)).toBe('127.0.0.1')

    await end()
    const endedAt = Date.now()
    await until('the line to go', () => hostsText() === before, 5000)
    expect(Date.now() - endedAt).toBeLessThan(1000)
    await until('the helper to go', () => helpers().length === 0)
    await nextStart()
    await watch.expectNothingLeft()
  })

  it('a wrong password three times: it goes on with the address, and says what to type', async () => {
    const screen = await typed()
    for (let attempt = 0, at = 0; attempt < 3; attempt++) {
      at = await screen.waitFor(PROMPT, at)
      screen.type('wrong\r')
    }
    await screen.waitFor(/status 0\s+shell> $/)
    expect(screen.plain()).toContain('PGHOSTADDR')
    expect(screen.plain()).toContain('dbtunnel open prod-db --detach --resolve hosts')
    expect(await close()).toMatchObject({status: 0})
    await hangUp(screen)
    await watch.expectNothingLeft()
  })

  it('where only the hosts file will do, a wrong password is the end of it', async () => {
    const screen = await typed('--resolve', 'hosts')
    for (let attempt = 0, at = 0; attempt < 3; attempt++) {
      at = await screen.waitFor(PROMPT, at)
      screen.type('wrong\r')
    }
    await screen.waitFor(/sudo refused\.[^]*\[HOSTS_UNWRITABLE\][^]*status 73\s+shell> $/)
    await hangUp(screen)
    await watch.expectNothingLeft()
  })

  it.each([
    ['Ctrl-C', 130, (screen: Screen) => screen.type(CTRL_C)],
    ['SIGTERM', 143, () => process.kill(pidOf(env, 'node') ?? 0, 'SIGTERM')],
  ])('%s at the question ends both, and sudo', async (_, code, end) => {
    const screen = await typed()
    end(screen)
    await screen.waitFor(new RegExp(`status ${code}\\s+shell> $`))
    await hangUp(screen)
    await watch.expectNothingLeft()
    await until('the end of sudo', () => sudos().length === 0)
  })
})

describe('sudo that hangs', () => {
  it('is not waited for: it counts as one that cannot', async () => {
    setRules(WITHOUT_PASSWORD)
    const rules = readFileSync('/etc/pam.d/sudo', 'utf8')
    writeFileSync('/etc/pam.d/sudo', `account required pam_exec.so quiet /bin/sleep 30\n${rules}`)
    try {
      const startedAt = Date.now()
      const words = ['psql', 'prod-db', '-c', 'select 1']
      const {status, stderr} = await run(words, {env, ...asUser, detached: true})
      expect(status).toBe(0)
      expect(stderr).toContain('The hosts file needs root: the client is given the address instead')
      expect(Date.now() - startedAt).toBeLessThan(15_000)
    } finally {
      writeFileSync('/etc/pam.d/sudo', rules)
    }
  })
})

describe('hosts, hosts clean', () => {
  const DEAD = 'dead-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
  const left = (name: string, started: string): string =>
    `127.0.0.1 ${name} # dbtunnel pid=4194305 started=${started}\n`
  const leave = (): void => appendFileSync('/etc/hosts', left(DEAD, '1-00000000-1') + '10.9.8.7 theirs\n')
  afterEach(() => writeFileSync('/etc/hosts', before))

  it('show whose a line is, and take those of dead owners out, through sudo', async () => {
    setRules(WITHOUT_PASSWORD)
    const tunnel = openTunnel('--quiet')
    await until('the line', () => hostsText().includes(HOST))
    leave()
    const {pid} = JSON.parse((await run(['hosts', '--json'], {env, ...asUser})).stdout).lines[0]
    const {status, stdout} = await run(['hosts'], {env, ...asUser})
    expect(status).toBe(0)
    expect(stdout).toMatch(/^NAME +PID +OWNER\n/)
    expect(stdout).toMatch(
      new RegExp(`\n${HOST} +${pid} +alive\n${DEAD} +4194305 +dead\nTo remove it: dbtunnel hosts clean\n$`),
    )

    const cleaned = await run(['hosts', 'clean'], {env, ...asUser, detached: true})
    expect(cleaned).toMatchObject({status: 0, stderr: ''})
    expect(cleaned.stdout).toBe(`Took 1 line out of /etc/hosts:\n  ${DEAD} of process 4194305, which has ended\n`)
    expect(hostsText()).toContain(HOST)
    expect(hostsText()).toContain('10.9.8.7 theirs\n')
    tunnel.child.kill('SIGTERM')
    await tunnel.ended
    expect(hostsText()).toBe(`${before}10.9.8.7 theirs\n`)
    expect(await run(['hosts'], {env, ...asUser})).toMatchObject({stdout: 'dbtunnel has no line in /etc/hosts.\n'})
  })

  it('clean says what it needs where sudo does not help', async () => {
    leave()
    const {status, stderr} = await run(['hosts', 'clean'], {env, ...asUser, detached: true})
    expect(status).toBe(73)
    expect(stderr).toMatch(/Writing the hosts file requires root, and sudo failed: .*\[HOSTS_UNWRITABLE\]/s)
  })

  it('as root, clean needs no sudo', async () => {
    leave()
    const {status, stdout} = await run(['hosts', 'clean', '--json'], {env})
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      file: '/etc/hosts',
      removed: [{name: DEAD, pid: 4_194_305, state: 'dead'}],
      left: [],
    })
  })
})

it('leaves no claim, draft or journal in /etc', () => {
  expect(readdirSync('/etc').filter((name) => name.includes('dbtunnel'))).toEqual([])
})
