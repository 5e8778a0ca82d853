import {once} from 'node:events'
import {openSync} from 'node:fs'
import {createInterface} from 'node:readline'
import {isatty, ReadStream} from 'node:tty'
import type {Person} from '../core/ports/person.js'
import {isForeground} from './foreground.js'
import type {Terminal} from './terminal.js'

export function person(terminal: Terminal): Person {
  return {
    get isThere() {
      return !terminal.isForPrograms && terminal.stderr.isTTY && isatty(0) && isForeground()
    },
    async ask(question, signal) {
      // Not process.stdin: that is the client's, which finds all that was typed for it.
      const keys = new ReadStream(openSync('/dev/tty', 'r'))
      const lines = createInterface({input: keys, terminal: false})
      const over = new AbortController()
      terminal.stderr.write(question)
      try {
        const line = once(lines, 'line', {signal: AbortSignal.any([signal, over.signal])})
        const end = once(lines, 'close', {signal: over.signal}).then(() => [''])
        return String((await Promise.race([line, end]))[0])
      } catch (error) {
        // Behind the question nothing else shall stand.
        terminal.stderr.write('\n')
        signal.throwIfAborted()
        throw error
      } finally {
        over.abort()
        lines.close()
        keys.destroy()
      }
    },
  }
}
