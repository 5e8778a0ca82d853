import type {HostsPort} from '../core/ports/hosts.js'

/** The hosts file for several tunnels: a name that two of them need stays until both are done; swept once. */
export function sharedHosts(hosts: HostsPort): HostsPort {
  const users = new Map<string, number>()
  let swept: Promise<void> | undefined
  return {
    obstacle: () => hosts.obstacle(),
    sweep: () => (swept ??= hosts.sweep()),
    async add(name, signal) {
      users.set(name, (users.get(name) ?? 0) + 1)
      await hosts.add(name, signal)
    },
    async remove(name) {
      const others = (users.get(name) ?? 1) - 1
      users.set(name, others)
      if (others === 0) await hosts.remove(name)
    },
  }
}
