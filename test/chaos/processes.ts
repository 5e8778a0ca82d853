import {readdirSync, readFileSync} from 'node:fs'

export interface Found {
  readonly pid: number
  readonly command: string
}

/**
 * What lives of one run, oldest first: whatever has its mark in the environment, and whatever is in its terminal session,
 * as sudo and what sudo starts are, which get no environment of ours.
 */
export function processesOf(mark: string, session: number): Found[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .flatMap((pid) => {
      const stat = read(pid, 'stat')
      // Behind the program's name, which may hold anything: state, parent, group, session.
      const [state = 'X', , , itsSession] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const isOurs = Number(itsSession) === session || read(pid, 'environ').includes(`AWS_SDK_UA_APP_ID=${mark}\0`)
      return isOurs && !/[ZX]/.test(state) ? [{pid, command: read(pid, 'cmdline').replaceAll('\0', ' ')}] : []
    })
    .sort((one, other) => one.pid - other.pid)
}

function read(pid: number, what: string): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'latin1')
  } catch {
    return ''
  }
}
