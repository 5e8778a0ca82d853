import {fchmodSync, fchownSync, fstatSync, type Stats} from 'node:fs'
import {join} from 'node:path'
import {fail} from '../../core/errors.js'
import {hasErrno} from '../errno.js'
import {replaceFile} from '../files/replace-file.js'
import {writeJournal} from './journal.js'
import {readAll, rewrite} from './rewrite.js'
import {discard, freshName, listOurs, type Site, withFile} from './site.js'

/** A new file cannot take the old one's place: a mount point, a folder closed to us, an owner we cannot give. */
const IRREPLACEABLE = ['EBUSY', 'EACCES', 'EPERM', 'EXDEV', 'EROFS', 'EINVAL']
const PERMISSIONS = 0o7777

/** The file as it was read. */
export interface Snapshot {
  readonly facts: Stats
  readonly content: Buffer
}

export function readSnapshot(site: Site): Snapshot {
  return withFile(site.file, 'r', snapshotOf)
}

/**
 * Writes `next` in place of what was read, for who holds the lock: as a new
 * file with the same mode and owner, or else in place. Returns false, nothing
 * done, when someone who knows no lock has written meanwhile.
 */
export function write(site: Site, former: Snapshot, next: Buffer): boolean {
  // A new file would part it from its other names.
  if (former.facts.nlink > 1) return writeInPlace(site, former, next)
  try {
    return replace(site, former, next)
  } catch (error) {
    // On a full disk what shrinks may still fit.
    const isShrinking = hasErrno(error, 'ENOSPC', 'EDQUOT') && next.length < former.content.length
    if (!isShrinking && !hasErrno(error, ...IRREPLACEABLE)) throw error
    return writeInPlace(site, former, next)
  }
}

/** Removes drafts that a dead owner left. */
export function discardDrafts(site: Site): void {
  listOurs(site, site.folder, 'draft.').forEach(discard)
}

function replace(site: Site, former: Snapshot, next: Buffer): boolean {
  const draft = join(site.folder, `${site.prefix}draft.${freshName()}`)
  return replaceFile(site.file, next, {
    draft,
    prepare: (fd) => makeAlike(fd, former.facts),
    isDurable: true,
    mayReplace: () => isSame(former, readSnapshot(site)),
  })
}

function makeAlike(draft: number, {uid, gid, mode}: Stats): void {
  const own = fstatSync(draft)
  if (own.uid !== uid || own.gid !== gid) fchownSync(draft, uid, gid)
  fchmodSync(draft, mode & PERMISSIONS)
}

function writeInPlace(site: Site, former: Snapshot, next: Buffer): boolean {
  return withFile(site.file, 'r+', (fd) => {
    if (!isSame(former, snapshotOf(fd))) return false
    const {content} = former
    // A mere cut happens as a whole or not at all.
    const isCut = next.equals(content.subarray(0, next.length))
    const journal = isCut ? undefined : writeJournal(site, {former: content, next})
    try {
      rewrite(fd, content, next)
    } catch (error) {
      takeBack(site, fd, content, error)
      if (journal !== undefined) discard(journal)
      throw error
    }
    if (journal !== undefined) discard(journal)
    return true
  })
}

/** When this fails as well, the journal stays: the next start repairs the file from it. */
function takeBack(site: Site, fd: number, content: Buffer, cause: unknown): void {
  try {
    rewrite(fd, readAll(fd), content)
  } catch {
    throw fail('HOSTS_UNWRITABLE', `The hosts file ${site.file} was only partly written.`, {
      hint: 'Any dbtunnel command repairs it, for example: dbtunnel hosts clean',
      cause,
    })
  }
}

function snapshotOf(fd: number): Snapshot {
  return {facts: fstatSync(fd), content: readAll(fd)}
}

function isSame(one: Snapshot, other: Snapshot): boolean {
  return one.facts.ino === other.facts.ino && one.facts.dev === other.facts.dev && one.content.equals(other.content)
}
