import type {CachePort} from '../../core/ports/cache.js'
import type {ConfigFiles} from '../../core/ports/config-files.js'

/** Of databases that were opened, the latest first. */
export const OPENED = 'names of databases that were opened'
const MOST_OPENED = 100

/** For completion: a database has been opened under this name. */
export async function noteOpened(name: string, cache: CachePort): Promise<void> {
  const others = (await openedNames(cache)).filter((one) => one !== name)
  await cache.write(OPENED, JSON.stringify([name, ...others].slice(0, MOST_OPENED)))
}

/** What databases were called that were opened of late. */
export async function openedNames(cache: CachePort): Promise<readonly string[]> {
  return readNames(await cache.read(OPENED)) ?? []
}

/** Of databases that the last `list` has found. */
const LISTED = 'names of databases that were listed'
/** An entry of the cache holds little more. */
const MOST_LISTED_CHARACTERS = 12_000

/** For completion: these are the databases of a region. Those that are too many are left out. */
export async function noteListed(names: readonly string[], cache: CachePort): Promise<void> {
  let left = MOST_LISTED_CHARACTERS
  const few = names.filter((name) => (left -= JSON.stringify(name).length + 1) >= 0)
  await cache.write(LISTED, JSON.stringify(few))
}

/** What the last `list` has found. */
export async function listedNames(cache: CachePort): Promise<readonly string[]> {
  return readNames(await cache.read(LISTED)) ?? []
}

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
      import('../../flows/request/load-config.js'),
    ])
    const names = allConfigured(await loadConfig(async () => files)).map(({name}) => name)
    await cache.write(key, JSON.stringify(names))
    return names
  } catch {
    return []
  }
}

function readNames(text: string | undefined): readonly string[] | undefined {
  try {
    const names: unknown = JSON.parse(text ?? '')
    return Array.isArray(names) ? names.filter((one) => typeof one === 'string') : undefined
  } catch {
    return undefined
  }
}
