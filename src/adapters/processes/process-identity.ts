import {execFileSync} from 'node:child_process'
import {readFileSync, readlinkSync} from 'node:fs'
import type {ProcessIdentity, ProcessState} from '../../core/ports/hosts.js'

export interface ProcessTable {
  self(): ProcessIdentity
  state(process: ProcessIdentity): ProcessState
}

/** Boot and pid namespace: neither changes while we live. */
let frame: string | undefined

/** A process that has ended and only waits for its parent to notice; no start word is empty. */
const ENDED = ''

/** All without a pause: an answer is good for the moment only. */
export function processTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  const startOf = platform === 'linux' ? linuxStart : psStart
  let own: ProcessIdentity | undefined
  const self = (): ProcessIdentity => (own ??= {pid: process.pid, started: startOf(process.pid) ?? '0'})
  return {
    self,
    state({pid, started}) {
      if (isElsewhere(started, self().started)) return 'elsewhere'
      const found = startOf(pid)
      if (found !== undefined) return found === started ? 'alive' : 'dead'
      return exists(pid) ? 'elsewhere' : 'dead'
    },
  }
}

/**
 * `TICKS-BOOT-NAMESPACE`: start in clock ticks since boot (field 22 of
 * /proc/PID/stat), the boot's id, and the pid namespace in which the pid
 * counts. Undefined for a process that is gone or hidden from us.
 */
function linuxStart(pid: number): string | undefined {
  // After the program's name, which may hold anything, the fields begin with
  // the third: the state.
  const stat = readText(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, ticks] = [fields?.[0], fields?.[19]]
  if (state === undefined || ticks === undefined) return undefined
  return /[ZXx]/.test(state) ? ENDED : `${ticks}-${(frame ??= `${bootId()}-${pidNamespace()}`)}`
}

/** macOS and others: the start in seconds, as ps tells it. */
function psStart(pid: number): string | undefined {
  try {
    const output = execFileSync('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: {LC_ALL: 'C', TZ: 'UTC'},
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 1000,
    })
    const [state = '', ...start] = output.trim().split(/\s+/)
    if (state.startsWith('Z')) return ENDED
    const ms = Date.parse(`${start.join(' ')} UTC`)
    return Number.isNaN(ms) ? undefined : String(ms / 1000)
  } catch {
    return undefined
  }
}

/** Of this boot, but counted in another pid namespace. After a reboot every former process is dead. */
function isElsewhere(started: string, own: string): boolean {
  const [, boot, namespace] = started.split('-')
  const [, ownBoot, ownNamespace] = own.split('-')
  return boot === ownBoot && namespace !== ownNamespace
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? '0'
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
