import type {Readable} from 'node:stream'

export interface ProcessSpec {
  /** Absolute path, or a name to be found on PATH beforehand. Never a shell. */
  readonly file: string
  /** By which it is called, where that is not `file`. */
  readonly name?: string | undefined
  readonly argv: readonly string[]
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface FinishedProcess extends ProcessEnd {
  readonly stdout: string
  readonly stderr: string
}

/** A program in our own process group, with our own standard streams. */
export interface ClientProcess {
  readonly pid: number
  readonly ended: Promise<ProcessEnd>
  kill(signal: NodeJS.Signals): void
}

/**
 * A program in a process group of its own, with its output piped to us and no standard input. It never outlives us by more
 * than a second, whatever ends us.
 */
export interface ServantProcess extends ClientProcess {
  readonly stdout: Readable
  readonly stderr: Readable
}

/** A program of several, in a session and process group of its own: no terminal, and no standard input. */
export interface ApartProcess extends ClientProcess {
  /** What it prints; missing where that goes to files. Ends soon after it, whatever children it has left behind. */
  readonly output?: {readonly stdout: Readable; readonly stderr: Readable} | undefined
}

export interface ProcessPort {
  /** Absolute path of an executable file on PATH; undefined when there is none. */
  find(name: string): Promise<string | undefined>
  /** Absolute path of a program that is to run. Rejects with CLIENT_MISSING or CLIENT_UNRUNNABLE, as starting it would. */
  locate(name: string): Promise<string>
  /** Rejects with CLIENT_MISSING (ENOENT) or CLIENT_UNRUNNABLE (EACCES, ENOEXEC). */
  spawnClient(spec: ProcessSpec): Promise<ClientProcess>
  /** With our terminal, but what it writes to its stdout goes to our stderr: our stdout belongs to the result. */
  spawnAside(spec: ProcessSpec): Promise<ClientProcess>
  spawnServant(spec: ProcessSpec): Promise<ServantProcess>
  /** Its output to these descriptors, else piped to us. Rejects as `spawnClient` does. */
  spawnApart(spec: ProcessSpec, files?: {readonly stdout: number; readonly stderr: number}): Promise<ApartProcess>
  /** Runs a short program to its end. Rejects with TIMEOUT when that does not come in time. */
  finish(spec: ProcessSpec, timeoutMs: number): Promise<FinishedProcess>
  /** The same, and returns its stdout; rejects with CLIENT_UNRUNNABLE when it does not end well. */
  output(spec: ProcessSpec, timeoutMs: number): Promise<string>
}
