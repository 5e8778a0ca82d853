import {candidates, type CommandShape} from './suggest.js'
import type {Ports} from '../../core/ports/ports.js'

type CompletePorts = Pick<Ports, 'cache'> & Pick<Ports['sources'], 'configFiles' | 'env'>

const NO_CACHE = {read: async () => undefined, write: async () => {}, remove: async () => {}}

/** Nobody types a longer one. */
const LONGEST = 200

/**
 * What the last of `words` can become. AWS is not asked: databases are those of the config files, and those opened or
 * listed recently.
 */
export async function complete(
  words: readonly string[],
  commands: readonly CommandShape[],
  ports: () => Promise<CompletePorts>,
): Promise<readonly string[]> {
  const targets = async (): Promise<readonly string[]> => {
    const [{env, configFiles, ...found}, {configuredNames}, {isCacheOn}, {listedNames, openedNames}] =
      await Promise.all([
        ports(),
        import('./configured-names.js'),
        import('../../settings/is-cache-on.js'),
        import('../../tunnel/discovery/name-history.js'),
      ])
    const cache = isCacheOn(env) ? found.cache : NO_CACHE
    const names = await Promise.all([configuredNames(configFiles, cache), openedNames(cache), listedNames(cache)])
    return names.flat().filter(isPlain)
  }
  return candidates(words, commands, targets)
}

/** Neither like an option, nor anything that a terminal would obey. */
function isPlain(name: string): boolean {
  return name.length <= LONGEST && !name.startsWith('-') && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name)
}
