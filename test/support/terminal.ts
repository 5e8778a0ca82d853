import {type IPty, spawn} from '@lydell/node-pty'
import {PROGRAM} from './dbtunnel.js'

/** A pseudo-terminal with a program in it. */
export interface Screen {
  readonly pty: IPty
  /** All that was written to the terminal, control codes included. */
  text(): string
  type(text: string): void
  /** Waits until what came after `from` matches; gives the offset behind the match. */
  waitFor(pattern: RegExp, from?: number): Promise<number>
  readonly ended: Promise<{status: number; signal: number | undefined}>
}

export interface ScreenOptions {
  readonly env: Readonly<Record<string, string>>
  readonly columns?: number
  readonly file?: string
  readonly cwd?: string
  readonly timeoutMs?: number
}

/** Opens a program (dbtunnel, unless `file` names another) on a pseudo-terminal of 80 columns. */
export function openScreen(words: readonly string[], options: ScreenOptions): Screen {
  const {env, columns = 80, file, cwd, timeoutMs = 20_000} = options
  const [program, argv] = file === undefined ? [process.execPath, [PROGRAM, ...words]] : [file, [...words]]
  const pty = spawn(program, argv, {name: 'xterm', cols: columns, rows: 24, env: {...env}, ...(cwd ? {cwd} : {})})
  let text = ''
  const watchers = new Set<() => void>()
  pty.onData((data) => {
    text += data
    for (const look of watchers) look()
  })
  const ended = new Promise<{status: number; signal: number | undefined}>((resolve) => {
    pty.onExit(({exitCode, signal}) => resolve({status: exitCode, signal}))
  })
  const waitFor = (pattern: RegExp, from = 0): Promise<number> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        watchers.delete(look)
        reject(new Error(`${String(pattern)} did not appear. The screen: ${JSON.stringify(text.slice(from))}`))
      }, timeoutMs)
      const look = (): void => {
        const match = pattern.exec(text.slice(from))
        if (!match) return
        clearTimeout(timer)
        watchers.delete(look)
        resolve(from + match.index + match[0].length)
      }
      watchers.add(look)
      look()
    })
  return {pty, text: () => text, type: (keys) => pty.write(keys), waitFor, ended}
}
