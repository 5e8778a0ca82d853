import {cache} from './definitions/environment.js'
import {variableOf} from './setting.js'

/** What \`Settings.cache\` would be, for what reads no other setting. A value that is refused there counts as off. */
export function isCacheOn(env: Readonly<Record<string, string | undefined>>): boolean {
  const origin = variableOf(cache)
  try {
    return cache.value.read({text: (origin && env[origin]) || cache.default, origin: ''}, '/')
  } catch {
    return false
  }
}
