import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {NOBODY} from './ordinary-user.js'

/** Whether these tests can be two users: root can be anybody. */
export const isRoot = process.getuid?.() === 0

/** Opens so many connections one after another, sends `hello` on each, says what became of each, and keeps them open. */
const CALLER = `
const {connect} = require('net')
const [port, count] = process.argv.slice(1).map(Number)
const fates = {}
let left = count
const over = fate => {
  fates[fate] = (fates[fate] ?? 0) + 1
  if (--left === 0) console.log(JSON.stringify(fates))
}
for (let index = 0; index < count; index++) {
  let fate
  const settle = word => fate ??= (over(word), word)
  const socket = connect(port, '127.0.0.1', () => socket.write('hello'))
  socket.on('data', () => settle('answered')).on('error', ({code}) => settle(code)).on('end', () => settle('ended'))
  setTimeout(() => settle('open'), 3000)
}
setInterval(() => {}, 1000)`

export interface OtherUser {
  readonly child: ChildProcess
  /** How many connections had which end: ECONNRESET, answered, ended, open (nothing after 3 s). */
  readonly fates: Promise<Readonly<Record<string, number>>>
  /** Closes all of them by ending. */
  leave(): Promise<void>
}

/** A program of another user of this machine connects to a port, `count` times; root's privilege. */
export function otherUserCalls(port: number, count = 1, uid = NOBODY): OtherUser {
  const child = spawn(process.execPath, ['-e', CALLER, String(port), String(count)], {
    uid,
    gid: uid,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const fates = once(child.stdout, 'data').then(([line]) => JSON.parse(String(line)) as Record<string, number>)
  return {
    child,
    fates,
    async leave() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

export interface OtherListener {
  /** All that was sent to it. */
  heard(): string
  leave(): Promise<void>
}

/** A program of another user listens on a port of 127.0.0.1, and resolves when it does. It says `N` to whoever asks for TLS. */
export async function otherUserListens(port: number, uid = NOBODY): Promise<OtherListener> {
  const script = `require('net').createServer(socket => socket.on('error', () => {}).on('data', bytes => {
    console.log(bytes.toString('latin1'))
    socket.write(bytes.length === 8 ? 'N' : Buffer.from('52000000080000000300', 'hex').subarray(0, 9))
  })).on('error', ({code}) => { console.log(code); process.exit() }).listen(${port}, '127.0.0.1', () => console.log('listening'))`
  const child = spawn(process.execPath, ['-e', script], {
    uid,
    gid: uid,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let heard = ''
  child.stdout.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
  await once(child.stdout, 'data')
  return {
    heard: () => heard,
    async leave() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
