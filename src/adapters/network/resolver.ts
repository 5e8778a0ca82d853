import dns from 'node:dns'
import {lookup, Resolver as DnsResolver} from 'node:dns/promises'
import type {Resolver} from '../../core/ports/network.js'

/** The C library's resolver, which libpq asks, too. */
export const resolver: Resolver = {
  async addresses(name) {
    try {
      const found = await lookup(name, {all: true})
      return [...new Set(found.map(({address}) => address))]
    } catch {
      return []
    }
  },
}

/** It is asked on the way to an error, which is not to wait for it. */
const ALIAS_MS = 2000
/** Of CNAMEs one behind the other; DNS servers stop at about as many. */
const MOST_ALIASES = 8

/**
 * The names that a host name leads to, one CNAME after the other, in lower case; none where DNS knows of none, or does not say
 * so in two seconds. The C library does not tell, so the DNS servers of this machine are asked.
 */
export async function aliasesOf(host: string): Promise<readonly string[]> {
  const asking = new DnsResolver({tries: 2, timeout: ALIAS_MS / 2})
  asking.setServers(dns.getServers())
  const timer = setTimeout(() => asking.cancel(), ALIAS_MS)
  const names: string[] = []
  try {
    for (let name = host; names.length < MOST_ALIASES;) {
      const [next] = await asking.resolveCname(name)
      if (next === undefined || names.includes(next.toLowerCase())) break
      name = next.toLowerCase()
      names.push(name)
    }
  } catch {
    // The last one is no alias, or nobody says.
  }
  clearTimeout(timer)
  return names
}
