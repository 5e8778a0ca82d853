import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect} from 'vitest'
import type {Sandbox} from '../sandbox/sandbox.js'
import {commandOf, isGone, pids, readProc} from './processes.js'

/** What a run of dbtunnel could leave behind, looked at before and after. */
export interface Watch {
  /** Fails when anything is there that was not there before. Waits a little for what ends on its own. */
  expectNothingLeft(): Promise<void>
}

/**
 * Watches the hosts file, the folders that `env` points to, sessions at the
 * control plane, and processes that were started with this environment.
 */
export function watchFor(sandbox: Sandbox, env: Readonly<Record<string, string>>): Watch {
  const hostsBefore = hostsOf(sandbox)
  return {
    expectNothingLeft: () =>
      expectSoon({hosts: true, sessions: [], ...NOTHING}, () => ({
        hosts: hostsOf(sandbox) === hostsBefore,
        sessions: sandbox.sessions.open().map(({id}) => id),
        ...leftOf(env),
      })),
  }
}

/** The hosts file without the lines of runs that go on, beside this test, on the sandboxes of other files. */
function hostsOf(sandbox: Sandbox): string {
  const own = `AWS_ENDPOINT_URL=${sandbox.env()['AWS_ENDPOINT_URL']}`
  const isOthers = (line: string): boolean => {
    const [, pid] = /# dbtunnel pid=(\d+)/.exec(line) ?? []
    const variables = pid === undefined ? '' : readProc(Number(pid), 'environ')
    return variables !== '' && !variables.split('\0').includes(own)
  }
  return readFileSync('/etc/hosts', 'latin1')
    .split('\n')
    .filter((line) => !isOthers(line))
    .join('\n')
}

/** Fails when files or processes of this run are left, whatever other runs do at the same time. */
export function expectNothingOf(env: Readonly<Record<string, string>>): Promise<void> {
  return expectSoon(NOTHING, () => leftOf(env))
}

const NOTHING = {files: [], processes: []}

function leftOf(env: Readonly<Record<string, string>>): typeof NOTHING | object {
  return {files: [...filesIn(env['TMPDIR']), ...filesIn(env['XDG_RUNTIME_DIR'])], processes: processesWith(env)}
}

async function expectSoon(wanted: object, look: () => object): Promise<void> {
  for (let waited = 0; waited < 1000 && !isSame(look(), wanted); waited += 50) await sleep(50)
  expect(look()).toEqual(wanted)
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function filesIn(folder: string | undefined): string[] {
  return folder === undefined ? [] : readdirSync(folder)
}

/** The command lines of all processes that have this run's own TMPDIR in their environment, or a folder in it. */
export function processesWith(env: Readonly<Record<string, string>>): string[] {
  const mark = `TMPDIR=${env['TMPDIR']}`
  const isMarked = (variable: string): boolean => variable === mark || variable.startsWith(`${mark}/`)
  return pids()
    .filter((pid) => readProc(pid, 'environ').split('\0').some(isMarked) && !isGone(pid))
    .map((pid) => `${pid} ${commandOf(pid)}`)
}

/** The pid of a program of this run by its file's name; `node` is dbtunnel itself. */
export function pidOf(env: Readonly<Record<string, string>>, program: string): number | undefined {
  const line = processesWith(env).find((one) => new RegExp(`^\\d+ \\S*\\b${program}( |$)`).test(one))
  return line === undefined ? undefined : Number(line.split(' ')[0])
}

/** Ports on which processes of this run listen; others may have had the same port before or after. */
export function portsOf(env: Readonly<Record<string, string>>): number[] {
  const own = new Set(processesWith(env).flatMap((line) => socketsOf(Number(line.split(' ')[0]))))
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && own.has(`socket:[${inode}]`))
      .map(([, local]) => Number.parseInt(local?.split(':')[1] ?? '', 16)),
  )
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}
