import {createHash, randomBytes} from 'node:crypto'
import {constants, type Stats} from 'node:fs'
import {lstat, mkdir, open, readdir, rename, rm, stat} from 'node:fs/promises'
import {dirname, isAbsolute, join} from 'node:path'
import type {CachePort} from '../core/ports/cache.js'
import type {Say} from '../core/run.js'

/** Of one entry: what is longer is none of ours. */
const LARGEST_BYTES = 16 * 1024
/** With their size, the most that lies on the disk: 3 MiB. */
const MOST_ENTRIES = 200
const DAY_MS = 24 * 60 * 60_000
/** A draft is written within milliseconds: an older one was left by a run that was killed. */
const DRAFT_MS = 60_000
const OTHERS_MAY_WRITE = 0o022

/**
 * A folder `dbtunnel` in XDG_CACHE_HOME, else in ~/.cache: 0700, its files 0600, each written whole under another name
 * and renamed. What is not this user's alone to write is left alone and not believed.
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  say: Pick<Say, 'debug'>,
): CachePort {
  const folder = placeOf(environment)

  /** Does `work` with the folder; what stands in the way is said, but for a lack of what was never written. */
  const attempt = async <T>(work: (folder: string) => Promise<T>, writes = false): Promise<T | undefined> => {
    try {
      if (folder === undefined) throw new Error('there is no home folder')
      return await work(folder)
    } catch (error) {
      if (writes || !isMissing(error)) say.debug(`cache: not used: ${(error as Error).message}`)
      return undefined
    }
  }

  return {
    read: (key) =>
      attempt(async (folder) => {
        await checkFolder(folder)
        return readEntry(join(folder, nameOf(key)))
      }),
    async write(key, text) {
      await attempt(async (folder) => {
        if (Buffer.byteLength(text) > LARGEST_BYTES) throw new Error('the entry would be too long')
        await makeFolder(folder)
        await writeEntry(folder, nameOf(key), text)
        await prune(folder)
      }, true)
    },
    async remove(key) {
      await attempt(async (folder) => {
        await checkFolder(folder)
        await rm(join(folder, nameOf(key)), {force: true})
      })
    },
  }
}

/** By the XDG base directory specification a relative path does not count. */
function placeOf({XDG_CACHE_HOME: xdg, HOME: home}: Readonly<Record<string, string | undefined>>): string | undefined {
  if (xdg && isAbsolute(xdg)) return join(xdg, 'dbtunnel')
  return home && isAbsolute(home) ? join(home, '.cache/dbtunnel') : undefined
}

/** Says nothing of what was asked for. */
function nameOf(key: string): string {
  return `${createHash('sha256').update(key).digest('hex')}.json`
}

async function checkFolder(folder: string): Promise<void> {
  const stats = await lstat(folder)
  if (!stats.isDirectory()) throw new Error(`${folder} is no folder`)
  checkOurs(folder, stats)
}

function checkOurs(path: string, {uid, mode}: Stats): void {
  if (uid !== process.geteuid?.()) throw new Error(`${path} belongs to someone else`)
  if ((mode & OTHERS_MAY_WRITE) !== 0) throw new Error(`others may write ${path}`)
}

/** Made only where we are at home: root with a user's HOME (sudo) must not leave a folder there that locks the user out. */
async function makeFolder(folder: string): Promise<void> {
  try {
    return await checkFolder(folder)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const home = await nearest(dirname(folder))
  if ((await stat(home)).uid !== process.geteuid?.()) throw new Error(`${home} belongs to someone else`)
  await makeMissing(folder)
  await checkFolder(folder)
}

/** One by one: Node's recursive way never ends where a folder cannot be made, as in /proc (20 to 24). */
async function makeMissing(folder: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(folder, 0o700).catch((error: NodeJS.ErrnoException) => {
      // Another run was faster.
      if (error.code !== 'EEXIST') throw error
    })
  await make().catch(async (error: unknown) => {
    if (!isMissing(error)) throw error
    await makeMissing(dirname(folder))
    await make()
  })
}

/** The folder itself, or the first above it that is there. */
async function nearest(folder: string): Promise<string> {
  try {
    await stat(folder)
    return folder
  } catch (error) {
    if (!isMissing(error)) throw error
    return nearest(dirname(folder))
  }
}

async function readEntry(path: string): Promise<string> {
  // No link is followed, and nothing that is no file is waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new Error(`${path} is no file`)
    checkOurs(path, stats)
    const {buffer, bytesRead} = await file.read(Buffer.alloc(LARGEST_BYTES + 1))
    if (bytesRead > LARGEST_BYTES) throw new Error(`${path} is too long`)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Whoever reads meanwhile finds the old text or the new one, and of two writers one wins. */
async function writeEntry(folder: string, name: string, text: string): Promise<void> {
  const draft = join(folder, `.${name}.${randomBytes(6).toString('hex')}`)
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    await rename(draft, join(folder, name))
  } catch (error) {
    await rm(draft, {force: true}).catch(() => {})
    throw error
  }
}

/** Takes out what is over a day old or too much, the oldest first, and drafts that were left. */
async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^\.?[0-9a-f]{64}\.json/.test(name))
  const aged = await Promise.all(
    names.map(async (name) => {
      const {mtimeMs} = await lstat(join(folder, name)).catch(() => ({mtimeMs: 0}))
      return {name, isDraft: name.startsWith('.'), mtimeMs, ageMs: Date.now() - mtimeMs}
    }),
  )
  const entries = aged.filter(({isDraft}) => !isDraft).sort((a, b) => b.mtimeMs - a.mtimeMs)
  const old = [
    ...entries.filter(({ageMs}, index) => index >= MOST_ENTRIES || ageMs > DAY_MS),
    ...aged.filter(({isDraft, ageMs}) => isDraft && ageMs > DRAFT_MS),
  ]
  await Promise.all(old.map(({name}) => rm(join(folder, name), {force: true})))
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
