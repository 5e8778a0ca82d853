import {type IPty, spawn} from '@lydell/node-pty'
import type {Socket} from 'node:net'
import {stripVTControlCharacters} from 'node:util'
import {PROGRAM} from './dbtunnel.js'

/** Against hangs only. */
const PATIENCE_MS = 60_000

/** A pseudo-terminal with a program in it. */
export interface Screen {
  readonly pty: IPty
  /** All that was written to the terminal, control codes included. */
  text(): string
  /** The same without the control codes. */
  plain(): string
  type(text: string): void
  /** Waits until what came after `from` in the plain text matches; gives the offset behind the match. */
  waitFor(pattern: RegExp, from?: number): Promise<number>
  /** Takes the terminal away, as closing its window does. */
  hangUp(): void
  readonly ended: Promise<{status: number; signal: number | undefined}>
}

export interface ScreenOptions {
  readonly env: Readonly<Record<string, string>>
  readonly columns?: number
  readonly file?: string
  readonly cwd?: string
}

/** Opens a program (dbtunnel, unless `file` names another) on a pseudo-terminal of 80 columns. */
export function openScreen(words: readonly string[], options: ScreenOptions): Screen {
  const {env, columns = 80, file, cwd} = options
  const [program, argv] = file === undefined ? [process.execPath, [PROGRAM, ...words]] : [file, [...words]]
  const name = env['TERM'] ?? 'xterm'
  const pty = spawn(program, argv, {name, cols: columns, rows: 24, env: {...env}, ...(cwd ? {cwd} : {})})
  let text = ''
  const watchers = new Set<() => void>()
  pty.onData((data) => {
    text += data
    for (const look of watchers) look()
  })
  const ended = new Promise<{status: number; signal: number | undefined}>((resolve) => {
    // What the program wrote last may come after its end.
    pty.onExit(({exitCode, signal}) => setTimeout(() => resolve({status: exitCode, signal}), 100))
  })
  const plain = (): string => stripVTControlCharacters(text)
  const waitFor = (pattern: RegExp, from = 0): Promise<number> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        watchers.delete(look)
        reject(new Error(`${String(pattern)} did not appear. The screen: ${JSON.stringify(plain().slice(from))}`))
      }, PATIENCE_MS)
      const look = (): void => {
        const match = pattern.exec(plain().slice(from))
        if (!match) return
        clearTimeout(timer)
        watchers.delete(look)
        resolve(from + match.index + match[0].length)
      }
      watchers.add(look)
      look()
    })
  // pty.destroy() would send the program a second SIGHUP, after the kernel's.
  const hangUp = (): void => void (pty as unknown as {readonly _socket: Socket})._socket.destroy()
  return {pty, text: () => text, plain, type: (keys) => pty.write(keys), waitFor, hangUp, ended}
}
