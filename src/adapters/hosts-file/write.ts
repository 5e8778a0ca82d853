import type {Stats} from 'node:fs'
import {type FileHandle, open, rename} from 'node:fs/promises'
import {join} from 'node:path'
import {fail} from '../../core/errors.js'
import {hasErrno} from './errno.js'
import {writeJournal} from './journal.js'
import {readAll, rewrite} from './rewrite.js'
import {discard, freshName, listOurs, type Site, syncFolder} from './site.js'

/** A new file cannot take the old one's place: a mount point, a folder closed to us, an owner we cannot give. */
const IRREPLACEABLE = ['EBUSY', 'EACCES', 'EPERM', 'EXDEV', 'EROFS', 'EINVAL']
const PERMISSIONS = 0o7777

/** The file as it was read. */
export interface Snapshot {
  readonly facts: Stats
  readonly content: Buffer
}

export async function readSnapshot(site: Site): Promise<Snapshot> {
  const handle = await open(site.file, 'r')
  try {
    return {facts: await handle.stat(), content: await readAll(handle)}
  } finally {
    await handle.close()
  }
}

/**
 * Writes `next` in place of what was read, for who holds the lock: as a new
 * file with the same mode and owner, or else in place. Returns false, nothing
 * done, when someone who knows no lock has written meanwhile.
 */
export async function write(site: Site, former: Snapshot, next: Buffer): Promise<boolean> {
  // A new file would part it from its other names.
  if (former.facts.nlink > 1) return writeInPlace(site, former, next)
  try {
    return await replace(site, former, next)
  } catch (error) {
    // On a full disk what shrinks may still fit.
    const isShrinking = hasErrno(error, 'ENOSPC', 'EDQUOT') && next.length < former.content.length
    if (!isShrinking && !hasErrno(error, ...IRREPLACEABLE)) throw error
    return writeInPlace(site, former, next)
  }
}

/** Removes drafts that a dead owner left. */
export async function discardDrafts(site: Site): Promise<void> {
  for (const path of await listOurs(site, site.folder)) if (path.startsWith(draftPath(site, ''))) await discard(path)
}

async function replace(site: Site, former: Snapshot, next: Buffer): Promise<boolean> {
  const draft = draftPath(site, freshName())
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await likeFormer(handle, former.facts)
      await handle.writeFile(next)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (!isSame(former, await readSnapshot(site))) {
      await discard(draft)
      return false
    }
    await rename(draft, site.file)
  } catch (error) {
    await discard(draft)
    throw error
  }
  await syncFolder(site.folder)
  return true
}

async function likeFormer(draft: FileHandle, {uid, gid, mode}: Stats): Promise<void> {
  const own = await draft.stat()
  if (own.uid !== uid || own.gid !== gid) await draft.chown(uid, gid)
  await draft.chmod(mode & PERMISSIONS)
}

async function writeInPlace(site: Site, former: Snapshot, next: Buffer): Promise<boolean> {
  const handle = await open(site.file, 'r+')
  try {
    if (!isSame(former, {facts: await handle.stat(), content: await readAll(handle)})) return false
    const {content} = former
    // A mere cut happens as a whole or not at all.
    const isCut = next.equals(content.subarray(0, next.length))
    const journal = isCut ? undefined : await writeJournal(site, {former: content, next})
    try {
      await rewrite(handle, content, next)
    } catch (error) {
      await takeBack(site, handle, content, error)
      if (journal !== undefined) await discard(journal)
      throw error
    }
    if (journal !== undefined) await discard(journal)
    return true
  } finally {
    await handle.close()
  }
}

/** When this fails as well, the journal stays: the next start repairs the file from it. */
async function takeBack(site: Site, handle: FileHandle, content: Buffer, cause: unknown): Promise<void> {
  try {
    await rewrite(handle, await readAll(handle), content)
  } catch {
    throw fail('HOSTS_UNWRITABLE', `The hosts file ${site.file} could be written in part only.`, {
      hint: 'The next start of dbtunnel repairs it.',
      cause,
    })
  }
}

function isSame(one: Snapshot, other: Snapshot): boolean {
  return one.facts.ino === other.facts.ino && one.facts.dev === other.facts.dev && one.content.equals(other.content)
}

function draftPath(site: Site, nonce: string): string {
  return join(site.folder, `${site.prefix}draft.${nonce}`)
}
