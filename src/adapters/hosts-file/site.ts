import {createHash, randomBytes} from 'node:crypto'
import type {Stats} from 'node:fs'
import {open, readdir, realpath, stat, unlink} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {fail} from '../../core/errors.js'

/** For those who may write the file but not its folder. Sticky: nobody removes or replaces another user's files. */
const SHARED_FOLDERS = ['/var/tmp', '/tmp']
const OTHERS_MAY_WRITE = 0o022

/** A hosts file and where things beside it go: claims of the lock, drafts, journals. */
export interface Site {
  /** The file itself, links followed. */
  readonly file: string
  readonly folder: string
  /** How the names of all files that we make begin. */
  readonly prefix: string
  /** Where such files may lie, the best place first. */
  readonly folders: readonly string[]
  /** Where the lock may be; the same for everyone who can write the file. */
  readonly lockFolders: readonly string[]
  /** Whether files of this user may have a say in what happens to the hosts file. */
  isWriter(uid: number): boolean
}

export async function locate(path: string): Promise<Site> {
  const file = await realpath(path)
  const folder = dirname(file)
  const [facts, folderFacts] = await Promise.all([stat(file), stat(folder)])
  if (!facts.isFile()) throw fail('HOSTS_UNWRITABLE', `${path} is not a plain file.`)
  const key = createHash('sha256').update(file).digest('hex').slice(0, 12)
  const folders = [folder, ...SHARED_FOLDERS.filter((shared) => shared !== folder)]
  const isOpen = (facts.mode & OTHERS_MAY_WRITE) !== 0
  return {
    file,
    folder,
    prefix: `.${basename(file)}.dbtunnel-${key}.`,
    folders,
    lockFolders: isOpen || facts.uid !== folderFacts.uid ? SHARED_FOLDERS : folders,
    isWriter: (uid) => isOpen || isTrusted(uid, facts),
  }
}

/** Root, the file's owner and we ourselves: what they left may be put into the file. */
export function isTrusted(uid: number, facts: Stats): boolean {
  return uid === 0 || uid === facts.uid || uid === process.geteuid?.()
}

/** Paths of our files in a folder; none when it cannot be listed. */
export async function listOurs(site: Site, folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => [])
  return names.filter((name) => name.startsWith(site.prefix)).map((name) => join(folder, name))
}

export function freshName(): string {
  return randomBytes(8).toString('hex')
}

/** Removes a file of ours; somebody else having done so, or nobody being allowed to, is fine. */
export async function discard(path: string): Promise<void> {
  await unlink(path).catch(() => {})
}

/** Makes names in a folder last through a power cut; file systems that cannot are left alone. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle
    .sync()
    .catch(() => {})
    .finally(() => handle.close())
}
