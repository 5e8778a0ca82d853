import {createHash} from 'node:crypto'
import {constants, type Stats} from 'node:fs'
import {open, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {fail} from '../../core/errors.js'
import {readAll, rewrite} from './rewrite.js'
import {discard, freshName, isTrusted, listOurs, type Site, syncFolder} from './site.js'

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
export async function writeJournal(site: Site, {former, next}: Journal): Promise<string> {
  const body = Buffer.concat([former, next])
  const header: JournalHeader = {file: site.file, former: former.length, sha256: digest(body)}
  const text = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body])
  let cause: unknown
  for (const folder of site.folders) {
    const path = join(folder, `${site.prefix}journal.${freshName()}`)
    try {
      await keep(path, text)
      await syncFolder(folder)
      return path
    } catch (error) {
      await discard(path)
      cause = error
    }
  }
  const tried = site.folders.join(', ')
  throw fail('HOSTS_UNWRITABLE', `The hosts file ${site.file} cannot be written safely: no room for a copy in ${tried}.`, {
    hint: 'Free some space, or connect without the hosts file: --resolve hostaddr',
    cause,
  })
}

/** Whether a write in place was begun and, as far as can be seen, not ended. */
export async function hasJournal(site: Site): Promise<boolean> {
  return (await journalsOf(site)).length > 0
}

/** Gives back the former content where a write in place stopped half-way. Only for who holds the lock. */
export async function repair(site: Site): Promise<void> {
  for (const {path, text} of await journalsOf(site)) {
    const journal = parse(text, site)
    if (journal) await rollBack(site, journal)
    await discard(path)
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

async function rollBack(site: Site, journal: Journal): Promise<void> {
  const handle = await open(site.file, 'r+')
  try {
    const current = await readAll(handle)
    if (isTorn(current, journal)) await rewrite(handle, current, journal.former)
  } finally {
    await handle.close()
  }
}

/** Those of users who may write the hosts file: a stranger's would be a way into it. */
async function journalsOf(site: Site): Promise<{path: string; text: Buffer}[]> {
  const facts = await stat(site.file)
  const found: {path: string; text: Buffer}[] = []
  for (const folder of site.folders) {
    for (const path of await listOurs(site, folder)) {
      if (!path.startsWith(join(folder, `${site.prefix}journal.`))) continue
      const text = await readTrusted(path, facts).catch(() => undefined)
      if (text) found.push({path, text})
    }
  }
  return found
}

async function readTrusted(path: string, hosts: Stats): Promise<Buffer | undefined> {
  // Neither through a link nor, hanging, from a pipe.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const facts = await handle.stat()
    const isReliable = facts.isFile() && facts.nlink === 1 && isTrusted(facts.uid, hosts)
    return isReliable ? await readAll(handle) : undefined
  } finally {
    await handle.close()
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

async function keep(path: string, text: Buffer): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}
