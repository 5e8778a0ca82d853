import type {CachePort} from '../../core/ports/cache.js'

/** Of databases that were opened, the latest first. */
export const OPENED = 'names of databases that were opened'
const MOST_OPENED = 100

/** For completion: a database has been opened under this name. */
export async function noteOpened(name: string, cache: CachePort): Promise<void> {
  const others = (await openedNames(cache)).filter((one) => one !== name)
  await cache.write(OPENED, JSON.stringify([name, ...others].slice(0, MOST_OPENED)))
}

/** The names of databases that were opened recently. */
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

/** Names as the cache has them: undefined for anything else. */
export function readNames(text: string | undefined): readonly string[] | undefined {
  try {
    const names: unknown = JSON.parse(text ?? '')
    return Array.isArray(names) ? names.filter((one) => typeof one === 'string') : undefined
  } catch {
    return undefined
  }
}
