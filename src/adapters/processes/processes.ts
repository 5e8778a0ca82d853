import {type ChildProcess, type StdioOptions, spawn} from 'node:child_process'
import {once} from 'node:events'
import type {Socket} from 'node:net'
import {isAbsolute} from 'node:path'
import type {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {withDeadline} from '../../core/deadline.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {
  ApartProcess,
  ClientProcess,
  FinishedProcess,
  ProcessEnd,
  ProcessPort,
  ProcessSpec,
  ServantProcess,
} from '../../core/ports/process.js'
import {exists, findExecutable, findFile, isBareText} from './executables.js'
import {startWatcher} from './plugin-watcher.js'
import {reasonOf} from '../errno.js'
import {shellLine} from '../../core/text/shell-line.js'

interface Channels {
  readonly stdio: StdioOptions
  readonly detached: boolean
}

const PIPED: Channels = {stdio: ['ignore', 'pipe', 'pipe'], detached: true}

/** Programs of this machine; never through a shell. `path` is where `find` looks. */
export function processes(path: string = process.env['PATH'] ?? ''): ProcessPort {
  return {
    find: (name) => findExecutable(name, path),
    locate: (name) => locate(name, path),

    async spawnClient(spec) {
      // Opened before the spawn: opened for the first time while the client
      // runs, Node would switch the shared pipe to non-blocking and the client
      // would lose its output at the first full pipe.
      void process.stdout
      void process.stderr
      const child = await start(spec, path, {stdio: 'inherit', detached: false})
      return handle(child, (signal) => child.kill(signal))
    },

    async spawnAside(spec) {
      const child = await start(spec, path, {stdio: ['inherit', 2, 2], detached: false})
      return handle(child, (signal) => child.kill(signal))
    },

    async spawnServant(spec) {
      const watcher = await startWatcher()
      try {
        const program = servant(await start(spec, path, PIPED))
        watcher.watch(program.pid)
        return {...program, ended: program.ended.finally(() => watcher.end())}
      } catch (error) {
        await watcher.end()
        throw error
      }
    },

    async spawnApart(spec, files) {
      const {stdout = 'pipe', stderr = 'pipe'} = files ?? {}
      return apart(await start(spec, path, {stdio: ['ignore', stdout, stderr], detached: true}))
    },

    finish: (spec, timeoutMs) => finish(spec, path, timeoutMs),

    async output(spec, timeoutMs) {
      const {stdout, stderr, ...end} = await finish(spec, path, timeoutMs)
      if (end.code === 0) return stdout
      const said = stderr.trim()
      throw fail('CLIENT_UNRUNNABLE', `${spec.file} ended with ${describe(end)}${said === '' ? '.' : `: ${said}`}`)
    },
  }
}

async function finish(spec: ProcessSpec, path: string, timeoutMs: number): Promise<FinishedProcess> {
  const program = servant(await start(spec, path, PIPED))
  const late = (): Error => fail('TIMEOUT', `${spec.file} did not end within ${timeoutMs / 1000} s.`)
  try {
    const all = Promise.all([text(program.stdout), text(program.stderr), program.ended])
    const [stdout, stderr, end] = await withDeadline(all, timeoutMs, late)
    return {...end, stdout, stderr}
  } finally {
    program.kill('SIGKILL')
    program.stdout.destroy()
    program.stderr.destroy()
  }
}

async function start(spec: ProcessSpec, path: string, options: Channels): Promise<ChildProcess> {
  const file = isAbsolute(spec.file) ? spec.file : await findExecutable(spec.file, path)
  if (file === undefined) throw missing(spec.file)
  if (await isBareText(file)) throw unrunnable(file, BARE_TEXT, undefined, `Name what reads it: sh ${file}`)
  let child: ChildProcess
  try {
    child = spawn(file, spec.argv, {...options, argv0: spec.name, env: {...spec.env}, shell: false})
    await once(child, 'spawn')
  } catch (error) {
    throw await refusal(file, error as NodeJS.ErrnoException)
  }
  // A signal that cannot be delivered is no reason to fall over.
  child.on('error', () => {})
  return child
}

/** As a shell looks for a program: what is there, and cannot be run, is not missing. */
async function locate(name: string, path: string): Promise<string> {
  const file = await findExecutable(name, path)
  if (file === undefined) {
    const found = await findFile(name, path)
    throw found === undefined ? missing(name) : unrunnable(found, 'permission denied')
  }
  if (await isBareText(file)) throw unrunnable(file, BARE_TEXT, undefined, `Name what reads it: sh ${file}`)
  return file
}

async function refusal(file: string, cause: NodeJS.ErrnoException): Promise<DbtunnelError> {
  if (cause.code === 'ENOENT' && !(await exists(file))) return missing(file, cause)
  return unrunnable(file, reasonOf(cause, {ENOENT: 'the interpreter that it names is missing'}), cause)
}

function unrunnable(
  file: string,
  why: string,
  cause?: unknown,
  hint = `Look at it with: ${shellLine(['ls', '-ld', file])}`,
): DbtunnelError {
  return fail('CLIENT_UNRUNNABLE', `${file} cannot be run: ${why}.`, {hint, cause})
}

function missing(file: string, cause?: unknown): DbtunnelError {
  const where = file.includes('/') ? '' : ' on PATH'
  // As in exec prod-db -- "pg_dump | gzip".
  const hint =
    /\s/.test(file) && !file.startsWith('/')
      ? `A line for a shell goes behind: ${shellLine(['sh', '-c', file])}`
      : undefined
  return fail('CLIENT_MISSING', `There is no program ${file === '' ? '""' : file}${where}.`, {hint, cause})
}

const BARE_TEXT = 'it is a text without a first line that begins with #!'

function servant(child: ChildProcess): ServantProcess {
  const {stdout, stderr} = child
  if (!stdout || !stderr) throw new Error('a servant has its output piped')
  // The group, so that what it started itself ends with it.
  const common = handle(child, (signal) => process.kill(-(child.pid as number), signal))
  return {...common, stdout, stderr}
}

/** Children that it leaves behind may hold its output open: when nothing comes for so long after its end, that is all. */
const SILENCE_MS = 1000

function apart(child: ChildProcess): ApartProcess {
  const common = handle(child, (signal) => process.kill(-(child.pid as number), signal))
  const {stdout, stderr} = child
  if (!stdout || !stderr) return common
  for (const stream of [stdout, stderr]) void common.ended.then(() => endOnceSilent(stream))
  return {...common, output: {stdout, stderr}}
}

/** What has been read, and waits for our reader, is not silence. */
function endOnceSilent(stream: Readable): void {
  const look = (before: number) => (): void => {
    if (stream.destroyed || stream.readableEnded) return
    const now = (stream as Socket).bytesRead
    if (now === before && stream.readableLength === 0) stream.push(null)
    else setTimeout(look(now), SILENCE_MS).unref()
  }
  setTimeout(look(-1), SILENCE_MS).unref()
}

function handle(child: ChildProcess, send: (signal: NodeJS.Signals) => void): ClientProcess {
  const ended = new Promise<ProcessEnd>((resolve) => child.once('exit', (code, signal) => resolve({code, signal})))
  return {
    pid: child.pid as number,
    ended,
    kill(signal) {
      // Once it has been reaped its id may be someone else's.
      if (child.exitCode !== null || child.signalCode !== null) return
      try {
        send(signal)
      } catch {
        // Gone in this very moment: `ended` says so.
      }
    },
  }
}

function describe(end: ProcessEnd): string {
  return end.signal === null ? `status ${end.code}` : `signal ${end.signal}`
}
