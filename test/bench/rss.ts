import {readProc} from '../support/processes.js'

/** Resident memory of a process in MiB; NaN when it has gone. */
export function rssOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status')) ?? []
  return Number(kib ?? NaN) / 1024
}
