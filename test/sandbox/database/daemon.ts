import {once} from 'node:events'
import {basename} from 'node:path'
import {type Account, type Folder} from './folder.js'
import {startKeeper} from './keeper.js'

const REMEMBERED_LINES = 50

/** A database server's programs, in a folder that goes with them. */
export interface Daemon {
  /** Runs a program to its end, with a file as its standard input if there is one. Rejects with what it said unless it ends with 0. */
  run(file: string, parameters: readonly string[], input?: string): Promise<void>
  /** Starts the server; resolves once it has said that it is ready. Rejects with what it said when it ends before. */
  start(file: string, parameters: readonly string[]): Promise<void>
  /** Ends the server with this signal; its data stays. */
  stop(signal: NodeJS.Signals): Promise<void>
  /** Ends what runs, and removes the folder. */
  close(): Promise<void>
}

/** `isReady`: whether a line that the server wrote says that it takes connections. */
export function createDaemon(folder: Folder, account: Account | undefined, isReady: (line: string) => boolean): Daemon {
  const keeper = startKeeper(folder.path, account)
  const said: string[] = []
  keeper.lines.on('line', (line) => {
    said.push(line)
    if (said.length > REMEMBERED_LINES) said.shift()
    if (isReady(line)) keeper.lines.emit('ready')
  })
  const broken = (file: string, how: string): Error => new Error(`${basename(file)}: ${how}\n${said.join('\n')}`)

  let running: Promise<string> | undefined
  return {
    async run(file, parameters, input) {
      const how = await keeper.run(file, parameters, input)
      if (how !== '0') throw broken(file, how)
    },
    async start(file, parameters) {
      const ready = once(keeper.lines, 'ready')
      running = keeper.run(file, parameters)
      await Promise.race([
        ready,
        running.then((how) => {
          throw broken(file, how)
        }),
      ])
    },
    async stop(signal) {
      keeper.signal(signal)
      await running
    },
    close: () => keeper.close(),
  }
}
