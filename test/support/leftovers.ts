import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect} from 'vitest'
import type {Sandbox} from '../sandbox/sandbox.js'

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
  const hostsBefore = readFileSync('/etc/hosts')
  return {
    async expectNothingLeft() {
      const left = (): unknown => ({
        hosts: readFileSync('/etc/hosts').equals(hostsBefore),
        files: [...filesIn(env['TMPDIR']), ...filesIn(env['XDG_RUNTIME_DIR'])],
        sessions: sandbox.sessions.open().map(({id}) => id),
        processes: processesWith(env),
      })
      const nothing = {hosts: true, files: [], sessions: [], processes: []}
      for (let waited = 0; waited < 1000 && !isSame(left(), nothing); waited += 50) await sleep(50)
      expect(left()).toEqual(nothing)
    },
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function filesIn(folder: string | undefined): string[] {
  return folder === undefined ? [] : readdirSync(folder)
}

/** The command lines of all processes that have this run's own TMPDIR in their environment. */
export function processesWith(env: Readonly<Record<string, string>>): string[] {
  const mark = `TMPDIR=${env['TMPDIR']}`
  return pids()
    .filter((pid) => readProcess(pid, 'environ').includes(mark) && !isZombie(pid))
    .map((pid) => `${pid} ${readProcess(pid, 'cmdline').join(' ')}`)
}

/** The argument lists of all processes of the machine. */
export function commandLines(): string[] {
  return pids().map((pid) => readProcess(pid, 'cmdline').join(' '))
}

/** Ports on which some process of this network namespace listens (TCP over IPv4 and IPv6). */
export function listeningPorts(): number[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === '0A')
      .map(([, local]) => Number.parseInt(local?.split(':')[1] ?? '', 16)),
  )
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter((pid) => pid > 0 && pid !== process.pid)
}

function isZombie(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`)
    return false
  } catch {
    return true
  }
}

function readProcess(pid: number, what: 'environ' | 'cmdline'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0')
  } catch {
    return []
  }
}
