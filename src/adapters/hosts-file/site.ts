import {createHash, randomBytes} from 'node:crypto'
import {closeSync, fsyncSync, openSync, readdirSync, realpathSync, type Stats, statSync, unlinkSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {fail} from '../../core/errors.js'
import {OTHERS_MAY_WRITE} from '../files/file-mode.js'

/** For those who may write the file but not its folder. Sticky: nobody removes or replaces another user's files. */
const SHARED_FOLDERS = ['/var/tmp', '/tmp']

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
  /** Whether this user may write the hosts file, and so hold others up. */
  isWriter(uid: number): boolean
}

export function locate(path: string): Site {
  const file = realpathSync(path)
  const folder = dirname(file)
  const facts = statSync(file)
  if (!facts.isFile()) throw fail('HOSTS_UNWRITABLE', `The hosts file ${path} is not a regular file.`)
  const key = createHash('sha256').update(file).digest('hex').slice(0, 12)
  const folders = [folder, ...SHARED_FOLDERS.filter((shared) => shared !== folder)]
  const isOpen = (facts.mode & OTHERS_MAY_WRITE) !== 0
  return {
    file,
    folder,
    prefix: `.${basename(file)}.dbtunnel-${key}.`,
    folders,
    lockFolders: isOpen || facts.uid !== statSync(folder).uid ? SHARED_FOLDERS : folders,
    isWriter: (uid) => isOpen || isTrusted(uid, facts),
  }
}

/** Root, the file's owner and we ourselves: what they left may be put into the file. */
export function isTrusted(uid: number, facts: Stats): boolean {
  return uid === 0 || uid === facts.uid || uid === process.geteuid?.()
}

/** Paths of our files of one kind in a folder; none when it cannot be listed. */
export function listOurs(site: Site, folder: string, kind: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith(site.prefix + kind))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

export function freshName(): string {
  return randomBytes(8).toString('hex')
}

/** Removes a file of ours; somebody else having done so, or nobody being allowed to, is fine. */
export function discard(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is passed over as what it is.
  }
}

/** Opens a file, and closes it whatever `work` does. */
export function withFile<T>(path: string, flags: string | number, work: (fd: number) => T): T {
  const fd = openSync(path, flags, 0o600)
  try {
    return work(fd)
  } finally {
    closeSync(fd)
  }
}

/** Makes names in a folder last through a power cut, where its file system can and lets us. */
export function syncFolder(folder: string): void {
  try {
    withFile(folder, 'r', fsyncSync)
  } catch {
    // Then they last as soon as it sees fit.
  }
}
