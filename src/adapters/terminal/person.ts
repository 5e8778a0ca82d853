import {openSync, writeSync} from 'node:fs'
import {isatty, ReadStream} from 'node:tty'
import type {Person} from '../../core/ports/person.js'
import {hasTerminal, isForeground} from './foreground.js'
import type {Terminal} from './terminal.js'

/** Our streams may lead elsewhere: the terminal itself is asked, as sudo does. */
export function person(terminal: Terminal): Person {
  return {
    get isThere() {
      return !terminal.isForPrograms && terminal.stderr.isTTY && isatty(0) && isForeground()
    },
    isAway: terminal.isForPrograms,
    canAsk: () => hasTerminal() && isForeground(),
    ask,
    get isInteractive() {
      return isatty(0) && isatty(1)
    },
  }
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const fd = openSync('/dev/tty', 'r+')
  // Not a file's stream: a thread that reads from a terminal keeps the process from ending.
  const keys = new ReadStream(fd).setEncoding('utf8')
  let typed = ''
  try {
    writeSync(fd, question)
    await new Promise<void>((resolve, reject) => {
      // A terminal gives a line at a time: what is typed ahead is the client's.
      keys.on('data', (text: string) => (typed += text).includes('\n') && resolve())
      // Ctrl-D, or the terminal has gone.
      keys.once('end', resolve).once('error', () => resolve())
      signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true})
    })
    return typed
  } finally {
    if (!typed.includes('\n')) endLine(fd)
    keys.destroy()
  }
}

/** What is said next begins a line of its own, behind the ^C. */
function endLine(fd: number): void {
  try {
    writeSync(fd, '\n')
  } catch {
    // The terminal was closed (SIGHUP).
  }
}
