import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import {text} from 'node:stream/consumers'

const CHILD = fileURLToPath(new URL('hosts-child.ts', import.meta.url))
const TSX = import.meta.resolve('tsx')

export interface HostsChild {
  readonly process: ChildProcess
  /** Resolves when it has said this step. */
  said(step: string): Promise<void>
  readonly ended: Promise<{readonly code: number | null; readonly signal: string | null; readonly output: string}>
}

/** Runs hosts-child.ts; `under` is a command to start it with, such as `unshare -m`. */
export function startHostsChild(path: string, steps: readonly string[], under: readonly string[] = []): HostsChild {
  const [command = '', ...args] = [...under, process.execPath, '--import', TSX, CHILD, path, ...steps]
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'inherit']})
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  return {
    process: child,
    async said(step) {
      while (!output.split('\n').includes(step)) {
        const [ended] = await Promise.race([once(child.stdout, 'data').then(() => [false]), closed.then(() => [true])])
        if (ended && !output.split('\n').includes(step)) throw new Error(`it ended before ${step}: ${output}`)
      }
    },
    ended: closed.then(([code, signal]) => ({code, signal, output})),
  }
}

export const isRoot = process.getuid?.() === 0

/** Whether we may mount things where nobody else sees them. */
export const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0
export const PRIVATE_MOUNTS = ['unshare', '-m', '--propagation', 'private']

/** What a program prints. */
export async function outputOf(file: string, ...args: string[]): Promise<string> {
  const child = spawn(file, args, {stdio: ['ignore', 'pipe', 'ignore']})
  return text(child.stdout)
}
