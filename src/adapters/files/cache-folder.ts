import {createHash} from 'node:crypto'
import type {CachePort} from '../../core/ports/cache.js'
import type {Say} from '../../core/run.js'
import {isMissing, type OwnFolder, ownFolder, xdgFolder} from './own-folder.js'

/** Of one entry: what is longer is not ours. */
const LARGEST_BYTES = 16 * 1024
/** With their size, the most that lies on the disk: 3 MiB. */
const MOST_ENTRIES = 200
const DAY_MS = 24 * 60 * 60_000
/** A draft is written within milliseconds: an older one was left by a run that was killed. */
const DRAFT_MS = 60_000

/** A folder `dbtunnel` in XDG_CACHE_HOME, else in ~/.cache. What is not this user's alone to write is left alone and not believed. */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  say: Pick<Say, 'debug'>,
): CachePort {
  const place = xdgFolder(environment, 'XDG_CACHE_HOME', '.cache')
  const folder = place === undefined ? undefined : ownFolder(place, LARGEST_BYTES)

  /** Does `work` with the folder; says what stands in the way, except that it was never written. */
  const attempt = async <T>(work: (folder: OwnFolder) => Promise<T>, writes = false): Promise<T | undefined> => {
    try {
      if (folder === undefined) throw new Error('there is no home folder')
      return await work(folder)
    } catch (error) {
      if (writes || !isMissing(error)) say.debug(`cache: not used: ${(error as Error).message}`)
      return undefined
    }
  }

  return {
    read: (key) => attempt((folder) => folder.read(nameOf(key))),
    async write(key, text) {
      await attempt(async (folder) => {
        await folder.write(nameOf(key), text)
        await prune(folder)
      }, true)
    },
    async remove(key) {
      await attempt((folder) => folder.remove(nameOf(key)))
    },
  }
}

/** Says nothing of what was asked for. */
function nameOf(key: string): string {
  return `${createHash('sha256').update(key).digest('hex')}.json`
}

/** Takes out what is over a day old or too much, the oldest first, and drafts that were left. */
async function prune(folder: OwnFolder): Promise<void> {
  const names = (await folder.names()).filter((name) => /^\.?[0-9a-f]{64}\.json/.test(name))
  const aged = await Promise.all(
    names.map(async (name) => ({name, isDraft: name.startsWith('.'), ageMs: await folder.age(name)})),
  )
  const entries = aged.filter(({isDraft}) => !isDraft).sort((a, b) => a.ageMs - b.ageMs)
  const old = [
    ...entries.filter(({ageMs}, index) => index >= MOST_ENTRIES || ageMs > DAY_MS),
    ...aged.filter(({isDraft, ageMs}) => isDraft && ageMs > DRAFT_MS),
  ]
  await Promise.all(old.map(({name}) => folder.remove(name)))
}
