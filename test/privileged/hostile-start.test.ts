import {execFileSync, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {rootNodeWords} from '../../src/adapters/hosts-helper/node-words.js'
import {HELPER, NODE} from '../../src/adapters/hosts-helper/places.js'
import {locate} from '../../src/adapters/hosts-file/site.js'
import {marksIn} from '../../src/hosts/lines.js'
import {until} from '../support/until.js'
import {HOST, hostsText, install, setRules, uninstall, USER} from './machine.js'

const HOSTS = '/etc/hosts'
const SUDO = ['/usr/bin/sudo', '-n', '--', NODE, ...rootNodeWords(), HELPER]
const MAPPED_AND_TAKEN_OUT = `map ${HOST}\nunmap ${HOST}\n`

const LONGEST_MS = 15_000

let before: string
/** The user's own, where they stand. */
let folder: string
beforeAll(() => {
  setRules()
  install()
  folder = mkdtempSync(join(tmpdir(), 'dbtunnel-test-'))
  chmodSync(folder, 0o755)
  chownSync(folder, USER.uid, USER.gid)
})
afterAll(() => {
  uninstall()
  rmSync(folder, {recursive: true})
})
beforeEach(() => {
  before = hostsText()
})
/** Whatever was done to one helper, the next one finds all as it should be. */
afterEach(async () => {
  const {stdout} = await asUser('exec "$@"')
  expect(stdout).toMatch(/^ready .*\ndone\ndone\n$/)
  const after = hostsText()
  writeFileSync(HOSTS, before)
  expect(after).toBe(before)
  expect(readdirSync('/etc').filter((name) => name.includes('dbtunnel'))).toEqual([])
  // No core dump either, and no file that got what was meant for another one.
  expect(readdirSync(folder)).toEqual([])
})

function modeOf(path: string) {
  const {mode, uid, gid} = statSync(path)
  return {mode, uid, gid}
}

/** What the user's shell does before it becomes the helper; its standard streams are ours. */
function startAsUser(script: string) {
  const words = ['-c', `ulimit -c unlimited; ${script}`, 'bash', ...SUDO]
  const {uid, gid} = USER
  return spawn('/bin/bash', words, {cwd: folder, env: {PATH: '/usr/bin:/bin'}, uid, gid, stdio: 'pipe', detached: true})
}

async function asUser(script: string): Promise<{status: number | null; stdout: string}> {
  const child = startAsUser(script)
  let stdout = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.resume()
  child.stdin.on('error', () => {}).end(MAPPED_AND_TAKEN_OUT)
  // Where a limit leaves it no room to start in, it may also wait: the user's signal ends it.
  const impatience = setTimeout(() => child.kill('SIGTERM'), LONGEST_MS)
  const [status] = (await once(child, 'close')) as [number | null]
  clearTimeout(impatience)
  return {status, stdout}
}

/** One that is ready, and has the name mapped. */
async function running() {
  const child = startAsUser('exec "$@"')
  let stdout = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stdin.on('error', () => {}).write(`map ${HOST}\n`)
  await until('the line', () => stdout.includes('done'))
  const pid = Number(/^ready (\d+)/.exec(stdout)?.[1])
  const end = async (): Promise<void> => {
    const ended = once(child, 'close')
    child.stdin.end()
    await ended
  }
  return {child, pid, end}
}

function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch {
    // It has ended.
  }
}

describe('limits of the user’s that sudo passes on', () => {
  const LIMITS = [
    '-f 0',
    '-f 1',
    '-n 0',
    '-n 3',
    '-n 8',
    '-n 20',
    '-n 24',
    '-n 40',
    '-v 200000',
    '-v 800000',
    '-s 32',
    '-s 128',
  ]
  const MORE = ['-t 1', '-u 0', '-l 0', '-d 10000', '-i 0', '-q 0']
  it.each([...LIMITS, ...MORE])('ulimit %s: the hosts file stays whole', async (limit) => {
    let shortest = Infinity
    const watch = setInterval(() => (shortest = Math.min(shortest, readFileSync(HOSTS).length)), 1)
    await asUser(`ulimit ${limit}; exec "$@"`)
    clearInterval(watch)
    expect(shortest).toBeGreaterThanOrEqual(before.length)
    // At most a line is left, which the next start takes out.
    const rest = hostsText()
      .split('\n')
      .filter((line) => !line.includes('# dbtunnel'))
    expect(rest.join('\n')).toBe(before)
  })

  it.each(['-f 0', '-f 1', '-n 24'])('ulimit %s: also where it is written in place', async (limit) => {
    linkSync(HOSTS, '/etc/second-name')
    try {
      await asUser(`ulimit ${limit}; exec "$@"`)
      expect(hostsText()).toBe(before)
    } finally {
      rmSync('/etc/second-name')
    }
  })

  it.each(['0777', '0000', '0277'])('umask %s: nothing of it is in the hosts file’s mode', async (mask) => {
    const facts = modeOf(HOSTS)
    expect(await asUser(`umask ${mask}; exec "$@"`)).toMatchObject({status: 0})
    expect(modeOf(HOSTS)).toEqual(facts)
  })
})

describe('closed streams', () => {
  it.each(['<&-', '>&-', '2>&-', '<&- >&-', '<&- 2>&-', '>&- 2>&-', '<&- >&- 2>&-'])(
    '%s: nothing goes into a file that was opened instead',
    async (closed) => {
      await asUser(`exec "$@" ${closed}`)
      expect(hostsText()).toBe(before)
    },
  )

  it.each(['3</etc/hosts', '>/dev/full', '2>/dev/full', '</dev/full'])('%s', async (given) => {
    await asUser(`exec "$@" ${given}`)
    expect(hostsText()).toBe(before)
  })
})

describe('a disk that does not take it', () => {
  it('read-only: it says so, and nothing is changed', async () => {
    execFileSync('mount', ['-o', 'remount,bind,ro', '/etc'])
    try {
      const {stdout} = await asUser('exec "$@"')
      expect(stdout).toMatch(/^ready .*\nfailed \{"code":"HOSTS_UNWRITABLE".*read-only.*\n/)
    } finally {
      execFileSync('mount', ['-o', 'remount,bind,rw', '/etc'])
    }
    expect(hostsText()).toBe(before)
  })

  it('full: it says so, and nothing is changed', async () => {
    const room = process.env['PRIVATE_MACHINE'] ?? ''
    const {blocks, bsize} = statfsSync(room)
    const used = (blocks - statfsSync(room).bfree) * bsize
    execFileSync('mount', ['-o', `remount,size=${used}`, room])
    try {
      const {stdout} = await asUser('exec "$@"')
      expect(stdout).toMatch(/^ready .*\nfailed \{"code":"HOSTS_UNWRITABLE".*disk is full/)
    } finally {
      execFileSync('mount', ['-o', `remount,size=${blocks * bsize}`, room])
    }
    expect(hostsText()).toBe(before)
  })
})

describe('a helper that runs', () => {
  it('shows the user nothing of itself, and leaves no core dump', async () => {
    const {pid, end} = await running()
    try {
      for (const name of ['environ', 'mem', 'maps', 'auxv', 'syscall', 'stack']) {
        const {uid, gid} = USER
        expect(spawnSync('/bin/cat', [`/proc/${pid}/${name}`], {uid, gid}).status, name).not.toBe(0)
      }
      expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max core file size +0 +0/)
      // Some sudos leave the user's own limit in force: a core file is then in no folder of the user's, and holds nothing.
      expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8')).toMatch(/^0+\n$/)
      expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/')
      const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .map((one) => one.split('=')[0])
      expect(
        names.filter((name) => /^(LD_|NODE_|OPENSSL_|SSL|V8|UV_|MALLOC|GLIBC|LOCPATH|GCONV)/.test(name ?? '')),
      ).toEqual([])
      // Of all that is open only its own streams can be the user's.
      expect(readdirSync(`/proc/${pid}/fd`).length).toBeLessThan(40)
    } finally {
      await end()
    }
  })

  it('takes no variable of the user’s', async () => {
    const loader = ['LD_PRELOAD', 'LD_AUDIT', 'LD_DEBUG_OUTPUT', 'GLIBC_TUNABLES']
    const nodes = ['OPTIONS', 'V8_COVERAGE', 'COMPILE_CACHE', 'DEBUG', 'EXTRA_CA_CERTS', 'CHANNEL_FD', 'ICU_DATA']
    const others = ['NODE_REDIRECT_WARNINGS', 'OPENSSL_CONF', 'OPENSSL_MODULES', 'SSLKEYLOGFILE', 'SSL_CERT_FILE']
    const names = [...loader, ...nodes.map((name) => `NODE_${name}`), ...others]
    const set = names.map((name) => `${name}=${folder}/left`).join(' ')
    const {status, stdout} = await asUser(`exec env ${set} "$@"`)
    expect({status, stdout}).toEqual({status: 0, stdout: expect.stringMatching(/^ready .*\ndone\ndone\n$/)})
  })

  it('that is stopped while it holds the lock holds others up for a while, and not for ever', async () => {
    const {child, pid, end} = await running()
    const [owner] = marksIn(readFileSync(HOSTS)).map((mark) => mark.owner)
    const claim = join('/etc', `${locate(HOSTS).prefix}ticket.0.${owner?.pid}.${owner?.started}.00`)
    writeFileSync(claim, '', {mode: 0o600})
    process.kill(pid, 'SIGSTOP')
    try {
      // The sweep at its start waits as well.
      const other = startAsUser('exec "$@"')
      other.stdin.write('map other.c9akciq32rgw.eu-west-1.rds.amazonaws.com\n')
      let stdout = ''
      other.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
      await until('an answer', () => stdout.includes('failed'), 30_000)
      expect(stdout).toContain(`failed {"code":"HOSTS_LOCKED","message":"Process ${pid} has kept /etc/hosts locked`)
      const ended = once(other, 'close')
      other.stdin.end()
      await ended
    } finally {
      rmSync(claim)
      // sudo has stopped itself when its program stopped.
      const waker = setInterval(() => [pid, child.pid ?? pid].forEach(goOn), 50)
      await end()
      clearInterval(waker)
    }
  })
})
