import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface, type Interface} from 'node:readline'
import {fileURLToPath} from 'node:url'
import {type Account} from './folder.js'

/** The process between us and a database server, so that nothing of it outlives us, whatever ends us. */
export interface Keeper {
  /** Runs a program, one at a time, with a file or nothing as its standard input; resolves once it has ended, to its status, signal or error. */
  run(file: string, parameters: readonly string[], input?: string): Promise<string>
  signal(name: NodeJS.Signals): void
  /** What the programs write to stderr. */
  readonly lines: Interface
  /** Ends the program and removes the folder. */
  close(): Promise<void>
}

export function startKeeper(folder: string, account: Account | undefined): Keeper {
  const main = fileURLToPath(new URL('keeper-main.mjs', import.meta.url))
  const identity = account ? [String(account.uid), String(account.gid)] : []
  // Its own session: a Ctrl-C at the terminal is for the tests to act on, not for the database to die of.
  const child = spawn(process.execPath, [main, folder, ...identity], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {},
  })
  const exited = once(child, 'exit')
  const answers = createInterface({input: child.stdout})
  const order = (what: object): void => void child.stdin.write(`${JSON.stringify(what)}\n`)
  child.stdin.on('error', () => {})
  return {
    async run(file, parameters, input) {
      const answer = once(answers, 'line') as Promise<[string]>
      order({run: [file, ...parameters], input})
      const [line] = await Promise.race([answer, exited.then(() => ['{"ended": "keeper gone"}'])])
      return (JSON.parse(line ?? '') as {ended: string}).ended
    },
    signal: (name) => order({signal: name}),
    lines: createInterface({input: child.stderr}),
    async close() {
      child.stdin.end()
      await exited
    },
  }
}
