import type {CachePort} from '../../core/ports/cache.js'
import type {ConfigFiles} from '../../core/ports/config-files.js'
import {readNames} from '../../tunnel/discovery/name-history.js'

/** The targets of the config files; none where a file is wrong: the command itself will say so. */
export async function configuredNames(configFiles: ConfigFiles, cache: CachePort): Promise<readonly string[]> {
  try {
    const files = await configFiles()
    if (files.length === 0) return []
    // What reads them takes long to load, for a key that is pressed.
    const key = JSON.stringify(['names of targets', files])
    const known = readNames(await cache.read(key))
    if (known) return known
    const [{allConfigured}, {loadConfig}] = await Promise.all([
      import('../../settings/config-file/layers.js'),
      import('../request/load-config.js'),
    ])
    const names = allConfigured(await loadConfig(async () => files)).map(({name}) => name)
    await cache.write(key, JSON.stringify(names))
    return names
  } catch {
    return []
  }
}
