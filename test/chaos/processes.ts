import {commandOf, isGone, pids, readProc} from '../support/processes.js'

export interface Found {
  readonly pid: number
  readonly command: string
}

/**
 * What lives of one run, oldest first: whatever has its mark in the environment, and whatever is in its terminal session,
 * as sudo and what sudo starts are, which get no environment of ours.
 */
export function processesOf(mark: string, session: number): Found[] {
  const isOurs = (pid: number): boolean =>
    sessionOf(pid) === session || readProc(pid, 'environ').includes(`AWS_SDK_UA_APP_ID=${mark}\0`)
  return pids()
    .filter((pid) => isOurs(pid) && !isGone(pid))
    .sort((one, other) => one - other)
    .map((pid) => ({pid, command: commandOf(pid)}))
}

function sessionOf(pid: number): number {
  // Behind the program's name, which may hold anything: state, parent, group, session.
  const stat = readProc(pid, 'stat')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
}
