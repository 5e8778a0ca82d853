import {type ChildProcess, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {on, once} from 'node:events'
import {closeSync, readdirSync, readFileSync} from 'node:fs'
import {Socket} from 'node:net'
import {join} from 'node:path'
import type {Duplex} from 'node:stream'
import {fail} from '../../core/errors.js'
import type {BackgroundNews, BackgroundParent, BackgroundPort, BackgroundProcess} from '../../core/ports/background.js'
import {hostsHelper} from '../hosts-helper/hosts-helper.js'
import {startApart} from '../hosts-helper/apart.js'
import {ownFolder} from '../files/own-folder.js'
import {statePlace} from '../files/state-folder.js'
import {reasonOf} from '../errno.js'

type Environment = Readonly<Record<string, string | undefined>>

/** O_CLOEXEC of Linux. */
const CLOSE_ON_EXEC = 0o2000000
/** Tells a background process that it is one, and where its log is. */
const LOG_VARIABLE = 'DBTUNNEL_BACKGROUND_LOG'
/** Is there when its parent has a terminal on which sudo can ask. */
const ASK_VARIABLE = 'DBTUNNEL_BACKGROUND_ASK'
/** A background process's end of what leads to a hosts helper. */
const HELPER_LINE = 4

/** Takes its variables out of this process's environment: they are not for programs that are started here. */
export function background(environment: NodeJS.ProcessEnv): BackgroundPort {
  const {[LOG_VARIABLE]: log, [ASK_VARIABLE]: ask} = environment
  delete environment[LOG_VARIABLE]
  delete environment[ASK_VARIABLE]
  if (log !== undefined) closeInherited()
  return {
    parent: log !== undefined && process.send ? parentBy(log, ask !== undefined) : undefined,
    start: (name, more) => start(name, {...environment, ...more}),
  }
}

async function start(name: string, environment: Environment): Promise<BackgroundProcess> {
  const {folder, file} = await makeLog(name, environment)
  const log = join(folder.path, file.name)
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    // In a session of its own.
    detached: true,
    env: {...environment, [LOG_VARIABLE]: log, ...(hostsHelper.canAsk() ? {[ASK_VARIABLE]: 'yes'} : {})},
    stdio: ['ignore', 'ignore', file.handle.fd, 'ipc', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await once(child, 'spawn').finally(() => file.handle.close())
  const line = child.stdio[HELPER_LINE] as Duplex
  line.on('error', () => {})
  return {
    pid: child.pid as number,
    log,
    news: newsOf(child),
    ended,
    startHelper: (signal) => startApart(line, signal),
    stop: () => void child.kill('SIGTERM'),
    release() {
      if (child.connected) child.disconnect()
      line.destroy()
      child.unref()
    },
    removeLog: () => folder.remove(file.name),
  }
}

/** What a shell had open, and Node has not kept from its children: those with high numbers (libuv 1.46 to 1.51). */
function closeInherited(): void {
  try {
    for (const fd of readdirSync('/proc/self/fd').map(Number)) {
      if (fd > HELPER_LINE && isInherited(fd)) closeSync(fd)
    }
  } catch {
    // Not Linux.
  }
}

function isInherited(fd: number): boolean {
  try {
    const [, flags] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')) ?? []
    return flags !== undefined && (parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch {
    // The one that the folder was read with.
    return false
  }
}

async function makeLog(name: string, environment: Environment) {
  try {
    const place = statePlace(environment)
    if (place === undefined) throw new Error('there is no home folder')
    const folder = ownFolder(place, 0)
    const word = name.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80)
    const file = `${word}-${randomBytes(4).toString('hex')}.log`
    return {folder, file: {name: file, handle: await folder.create(file)}}
  } catch (error) {
    throw fail('FILES_UNWRITABLE', `Cannot create a log file for the background process: ${reasonOf(error)}.`, {
      hint: 'Set XDG_STATE_HOME to a folder of your own, or run it without --detach.',
      cause: error,
    })
  }
}

async function* newsOf(child: ChildProcess): AsyncGenerator<BackgroundNews> {
  const over = new AbortController()
  child.once('disconnect', () => setImmediate(() => over.abort()))
  try {
    for await (const [news] of on(child, 'message', {signal: over.signal})) {
      const {kind} = news as BackgroundNews
      yield news as BackgroundNews
      if (kind === 'ready' || kind === 'failed') return
    }
  } catch (error) {
    if (!over.signal.aborted) throw error
  }
}

function parentBy(log: string, canAsk: boolean): BackgroundParent {
  let isOver = false
  const hangUp = (): void => void process.kill(process.pid, 'SIGHUP')
  process.once('disconnect', hangUp)
  return {
    log,
    canAsk,
    askForHelper() {
      process.send?.({kind: 'ask'} satisfies BackgroundNews)
      return new Socket({fd: HELPER_LINE, readable: true, writable: true})
    },
    tell(news) {
      if (isOver || !process.connected) return
      if (news.kind === 'notice') return void process.send?.(news)
      isOver = true
      process.off('disconnect', hangUp)
      process.send?.(news, undefined, undefined, () => {
        if (process.connected) process.disconnect()
      })
    },
  }
}
