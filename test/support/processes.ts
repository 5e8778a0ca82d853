import {readdirSync, readFileSync, readlinkSync} from 'node:fs'

/** Of all other processes of the machine. */
export function pids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
}

/** Whether it has ended, though its parent may not have noticed. */
export function isGone(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`)
    return false
  } catch {
    return true
  }
}

/** A file of its folder in /proc; empty when it has gone or is not ours to look at. */
export function readProc(pid: number, what: 'environ' | 'cmdline' | 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8')
  } catch {
    return ''
  }
}

/** The processes that this one has started. */
export function childrenOf(parent: number): number[] {
  return pids().filter((pid) => readProc(pid, 'status').includes(`\nPPid:\t${parent}\n`))
}

/** Its words, each with a space behind it; empty when it has gone. */
export function commandOf(pid: number): string {
  return readProc(pid, 'cmdline').replaceAll('\0', ' ')
}

/** The argument lists of all processes of the machine. */
export function commandLines(): string[] {
  return pids().map(commandOf)
}
