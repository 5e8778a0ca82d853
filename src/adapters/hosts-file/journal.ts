import {createHash} from 'node:crypto'
import {constants, fstatSync, fsyncSync, type Stats, statSync} from 'node:fs'
import {join} from 'node:path'
import {fail} from '../../core/errors.js'
import {readAll, rewrite, writeAt} from './rewrite.js'
import {discard, freshName, isTrusted, listOurs, type Site, syncFolder, withFile} from './site.js'

const NEWLINE = 0x0a

/** A write in place that was begun: the content before it and after it. */
interface Journal {
  readonly former: Buffer
  readonly next: Buffer
}

interface JournalHeader {
  readonly file: string
  /** Length in bytes; the rest is the next content. */
  readonly former: number
  readonly sha256: string
}

/** Keeps both contents on disk before a write in place. Returns the journal's path, to be discarded after it. */
export function writeJournal(site: Site, {former, next}: Journal): string {
  const body = Buffer.concat([former, next])
  const header: JournalHeader = {file: site.file, former: former.length, sha256: digest(body)}
  const text = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body])
  let cause: unknown
  for (const folder of site.folders) {
    const path = join(folder, `${site.prefix}journal.${freshName()}`)
    try {
      withFile(path, 'wx', (fd) => {
        writeAt(fd, text, 0)
        fsyncSync(fd)
      })
      syncFolder(folder)
      return path
    } catch (error) {
      discard(path)
      cause = error
    }
  }
  const tried = site.folders.join(', ')
  throw fail(
    'HOSTS_UNWRITABLE',
    `The hosts file ${site.file} cannot be written safely: no disk space for a copy in ${tried}.`,
    {
      hint: 'Free some space, or connect without the hosts file: --resolve hostaddr',
      cause,
    },
  )
}

/** Whether a write in place was begun and, as far as can be seen, not ended. */
export function hasJournal(site: Site): boolean {
  return journalsOf(site).length > 0
}

/** Gives back the former content where a write in place stopped half-way. Only for who holds the lock. */
export function repair(site: Site): void {
  for (const {path, text} of journalsOf(site)) {
    const journal = parse(text, site)
    if (journal) {
      withFile(site.file, 'r+', (fd) => {
        const current = readAll(fd)
        if (isTorn(current, journal)) rewrite(fd, current, journal.former)
      })
    }
    discard(path)
  }
}

/**
 * True when every byte is the former or the next one of its place (or nothing
 * yet, where the file was growing), but the whole is neither. Anything else is
 * what somebody wrote afterwards, and stays.
 */
export function isTorn(current: Buffer, {former, next}: Journal): boolean {
  if (current.equals(former) || current.equals(next)) return false
  if (current.length < Math.min(former.length, next.length)) return false
  if (current.length > Math.max(former.length, next.length)) return false
  return current.every(
    (byte, place) => byte === former[place] || byte === next[place] || (place >= former.length && byte === 0),
  )
}

/** Those of users who may write the hosts file: a stranger's would be a way into it. */
function journalsOf(site: Site): {path: string; text: Buffer}[] {
  const facts = statSync(site.file)
  return site.folders.flatMap((folder) =>
    listOurs(site, folder, 'journal.').flatMap((path) => {
      const text = readTrusted(path, facts)
      return text ? [{path, text}] : []
    }),
  )
}

function readTrusted(path: string, hosts: Stats): Buffer | undefined {
  try {
    // Neither through a link nor, hanging, from a pipe.
    return withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, (fd) => {
      const facts = fstatSync(fd)
      const isReliable = facts.isFile() && facts.nlink === 1 && isTrusted(facts.uid, hosts)
      return isReliable ? readAll(fd) : undefined
    })
  } catch {
    return undefined
  }
}

/** Undefined for a journal that is not whole: its write in place never began. */
function parse(text: Buffer, site: Site): Journal | undefined {
  const end = text.indexOf(NEWLINE) + 1
  const body = text.subarray(end)
  let header: JournalHeader
  try {
    header = JSON.parse(text.toString('utf8', 0, end)) as JournalHeader
  } catch {
    return undefined
  }
  if (header.file !== site.file || header.sha256 !== digest(body)) return undefined
  return {former: body.subarray(0, header.former), next: body.subarray(header.former)}
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}
