import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'

/** From the first instruction to a program that listens to the signal itself. */
const LATEST_SIGNAL_MS = 40
const STEP_MS = 2
const AT_ONCE = 3
/** By then a debugger that has been asked for listens. */
const OPENING_MS = 100
const LIMIT_MS = 5000
/** Of a socket in /proc/net/tcp that listens. */
const LISTENING = '0A'

/**
 * Whether a signal can make this command's Node open its debugger. It is started again and again, each time with the
 * signal a little later.
 */
export async function opensDebugger(command: readonly string[]): Promise<boolean> {
  const delays = Array.from({length: LATEST_SIGNAL_MS / STEP_MS + 1}, (_, step) => step * STEP_MS)
  let isOpen = false
  const work = async (): Promise<void> => {
    for (let delay = delays.shift(); delay !== undefined && !isOpen; delay = delays.shift()) {
      if (await opensWhenSignalled(command, delay)) isOpen = true
    }
  }
  await Promise.all(Array.from({length: AT_ONCE}, work))
  return isOpen
}

async function opensWhenSignalled([file = '', ...words]: readonly string[], delayMs: number): Promise<boolean> {
  const child = spawn(file, words, {cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'pipe']})
  const exit = once(child, 'exit')
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  try {
    let said = ''
    child.stdin.on('error', () => {})
    child.stdout.resume()
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    await sleep(delayMs)
    child.kill('SIGUSR1')
    await Promise.race([exit, sleep(OPENING_MS)])
    const isOpen = child.pid !== undefined && listens(child.pid)
    child.stdin.end()
    await exit
    return isOpen || said.includes('Debugger listening')
  } finally {
    clearTimeout(limit)
    child.kill('SIGKILL')
  }
}

/** Where the system shows it: on Linux. Elsewhere what Node says has to do. */
function listens(pid: number): boolean {
  try {
    const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkAt(`/proc/${pid}/fd/${fd}`)))
    return ['tcp', 'tcp6'].some((table) =>
      readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .some(([, , , state, , , , , , inode]) => state === LISTENING && sockets.has(`socket:[${inode}]`)),
    )
  } catch {
    return false
  }
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Closed meanwhile.
    return ''
  }
}
