import {lookup} from 'node:dns/promises'
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
