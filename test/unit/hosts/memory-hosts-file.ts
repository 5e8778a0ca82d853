import type {HostsFile, ProcessIdentity} from '../../../src/core/ports/hosts.js'

/** A hosts file in memory, with processes that are dead because the test says so. */
export interface MemoryHostsFile extends HostsFile {
  content: Buffer
  torn: boolean
  /** Thrown by `change`. */
  failure: Error | undefined
  readonly dead: ProcessIdentity[]
  writes: number
}

export const SELF: ProcessIdentity = {pid: 100, started: '1-aa-1'}

export function memoryHostsFile(text: string): MemoryHostsFile {
  const file: MemoryHostsFile = {
    path: async () => '/etc/hosts',
    content: Buffer.from(text, 'latin1'),
    torn: false,
    failure: undefined,
    dead: [],
    writes: 0,
    obstacle: async () => (file.failure ? 'needs root' : undefined),
    needsRoot: async () => file.failure !== undefined,
    read: async () => file.content,
    addresses: async () => undefined,
    async change(edit) {
      if (file.failure) throw file.failure
      const next = edit(file.content)
      if (!next.equals(file.content)) file.writes++
      file.content = next
      file.torn = false
    },
    isTorn: async () => file.torn,
    self: () => SELF,
    stateOf: ({pid, started}) =>
      file.dead.some((one) => one.pid === pid && one.started === started) ? 'dead' : 'alive',
  }
  return file
}
