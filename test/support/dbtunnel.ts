import {type ChildProcess, spawn} from 'node:child_process'
import {join} from 'node:path'

export const ROOT = new URL('../..', import.meta.url).pathname
/** The built program, as it is published. */
export const PROGRAM = join(ROOT, 'bin/run.js')

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** All of stderr so far. */
  stderr(): string
  stdout(): string
}

export interface RunOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
  /** Given to stdin; without it, stdin is empty. */
  readonly input?: string
  /** Whether stdin stays open. */
  readonly keepInput?: boolean
  readonly cwd?: string
  /** In a session of its own, and so without a terminal, whatever the tests run on. */
  readonly detached?: boolean
  /** As this user and group; root's privilege. */
  readonly uid?: number | undefined
  /** The script to run instead. */
  readonly program?: string
  /** How many files it may have open (ulimit -n). */
  readonly openFiles?: number
}

/** Starts the built dbtunnel as a process of its own. */
export function start(
  words: readonly string[],
  {env, input, keepInput = false, cwd, detached = false, uid, program = PROGRAM, openFiles}: RunOptions,
): Running {
  const user = uid === undefined ? {} : {uid, gid: uid}
  const limited = openFiles === undefined ? [] : ['/bin/bash', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'bash']
  const [file = '', ...argv] = [...limited, process.execPath, program, ...words]
  const child = spawn(file, argv, {env, cwd, detached, ...user, stdio: 'pipe'})
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {})
  if (!keepInput) child.stdin.end(input ?? '')
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve({status, signal, stdout, stderr}))
  })
  return {child, ended, stderr: () => stderr, stdout: () => stdout}
}

/** Runs it to its end. */
export function run(words: readonly string[], options: RunOptions): Promise<Ended> {
  return start(words, options).ended
}
