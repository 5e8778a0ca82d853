import {constants, type Stats} from 'node:fs'
import {type FileHandle, lstat, mkdir, open, readdir, rm, stat} from 'node:fs/promises'
import {dirname, isAbsolute, join} from 'node:path'
import {replaceFile} from './replace-file.js'
import {OURS, type Weakness, weaknessOfOwn, weaknessAbove} from './trust.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * A folder of this user's alone: 0700, its files 0600. What others own, may write or could replace, and what is a link, is
 * refused: never read, and never written through. Each method that does not make the folder rejects with ENOENT (`isMissing`) where
 * there is none.
 */
export interface OwnFolder {
  readonly path: string
  /** Makes the folder where it is missing. */
  make(): Promise<void>
  /** All that lies in it. */
  names(): Promise<readonly string[]>
  read(name: string): Promise<string>
  /** Makes the folder, too. The file is written whole under another name, and renamed. */
  write(name: string, text: string): Promise<void>
  /** Makes the folder, too, and the file where it is missing. In one go: lines of several runs do not mix. */
  append(name: string, text: string): Promise<void>
  /** Makes the folder, too, and a new file to write to. The caller closes it. */
  create(name: string): Promise<FileHandle>
  /** A missing one is fine. */
  remove(name: string): Promise<void>
  /** Milliseconds since it was last written; without end for one that cannot be looked at. */
  age(name: string): Promise<number>
}

/** `dbtunnel` in the folder of an XDG variable, else in its `fallback` at home; undefined where there is neither. */
export function xdgFolder(
  environment: Environment,
  variable: 'XDG_CACHE_HOME' | 'XDG_CONFIG_HOME' | 'XDG_STATE_HOME',
  fallback: string,
): string | undefined {
  // By the XDG base directory specification a relative path does not count.
  const named = environment[variable]
  if (named && isAbsolute(named)) return join(named, 'dbtunnel')
  const home = environment['HOME']
  return home && isAbsolute(home) ? join(home, fallback, 'dbtunnel') : undefined
}

/** `largestBytes` is for one file: what is longer is not ours. */
export function ownFolder(path: string, largestBytes: number): OwnFolder {
  return {
    path,
    make: () => makeFolder(path),
    async names() {
      await checkFolder(path)
      return readdir(path)
    },
    async read(name) {
      await checkFolder(path)
      return readEntry(join(path, name), largestBytes)
    },
    async write(name, text) {
      if (Buffer.byteLength(text) > largestBytes) throw new Error('the entry would be too long')
      await makeFolder(path)
      replaceFile(join(path, name), text)
    },
    async append(name, text) {
      await makeFolder(path)
      await appendEntry(join(path, name), text)
    },
    async create(name) {
      await makeFolder(path)
      return open(join(path, name), 'wx', 0o600)
    },
    async remove(name) {
      await checkFolder(path)
      await rm(join(path, name), {force: true})
    },
    async age(name) {
      const {mtimeMs} = await lstat(join(path, name)).catch(() => ({mtimeMs: 0}))
      return Date.now() - mtimeMs
    },
  }
}

/** Whether that is all that went wrong: what was never written is not there. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

async function checkFolder(folder: string): Promise<void> {
  const stats = await lstat(folder)
  if (!stats.isDirectory()) throw new Error(`${folder} is no folder`)
  checkOurs(folder, stats)
  checkWay(folder)
}

function checkOurs(path: string, stats: Stats): void {
  const why = weaknessOfOwn(stats)
  if (why) throw weak({path, why})
}

/** Checks the folders above: a user who may write one of them could put a folder of theirs in the place of this one. */
function checkWay(folder: string): void {
  const weakness = weaknessAbove(folder, OURS)
  if (weakness) throw weak(weakness)
}

function weak({path, why}: Pick<Weakness, 'path' | 'why'>): Error {
  return new Error(why === 'owner' ? `${path} belongs to someone else` : `others may write ${path}`)
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
  checkWay(folder)
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

/** No link is followed, and nothing that is no file is waited for. */
async function openEntry(path: string, mode: number): Promise<FileHandle> {
  const flags = mode | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? new Error(`${path} is a link`) : error
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new Error(`${path} is no file`)
    checkOurs(path, stats)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

async function readEntry(path: string, largestBytes: number): Promise<string> {
  const file = await openEntry(path, constants.O_RDONLY)
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(largestBytes + 1))
    if (bytesRead > largestBytes) throw new Error(`${path} is too long`)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

async function appendEntry(path: string, text: string): Promise<void> {
  const file = await openEntry(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT)
  try {
    const {bytesWritten} = await file.write(text)
    if (bytesWritten < Buffer.byteLength(text)) throw new Error(`${path} did not take all of it`)
  } finally {
    await file.close()
  }
}
