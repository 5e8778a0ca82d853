import {constants, type Stats} from 'node:fs'
import {open, readlink, realpath, stat} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {type DbtunnelError, fail, isDbtunnelError} from '../../core/errors.js'
import {shellLine} from '../../core/text/shell-line.js'
import {STICKY} from './file-mode.js'
import {type Owners, weaknessOf, weaknessAbove} from './trust.js'
import {reasonOf} from '../errno.js'

/** Hundreds of targets; what is longer is something else. */
const LARGEST_BYTES = 256 * 1024
const MOST_LINKS = 8

export interface Trust {
  readonly owners: Owners
  /** A folder that no link may lead out of. */
  readonly within?: string | undefined
}

/** A file as it was named, to be told of, and what it is held to. */
interface Asked extends Trust {
  readonly named: string
}

/**
 * The text of a file that nobody but its `owners` can have written: it, its folder, the folders above, and every link on
 * the way to it are looked at. Rejects with CONFIG_UNSAFE and the command that mends it, or with CONFIG_INVALID.
 */
export async function readTrusted(path: string, {owners, within}: Trust): Promise<string> {
  try {
    const asked = {named: path, owners, within: within === undefined ? undefined : await realpath(within)}
    return await readAt(path, asked, MOST_LINKS)
  } catch (error) {
    if (isDbtunnelError(error)) throw error
    throw fail('CONFIG_INVALID', `The file ${path} cannot be read: ${readingReason(error)}.`, {
      hint: `To look at it: ${shellLine(['ls', '-l', path])}`,
      cause: error,
    })
  }
}

async function readAt(path: string, asked: Asked, links: number): Promise<string> {
  // First, so that nobody can put another file in the place of the one that is judged.
  checkWay(path, asked)
  const folder = await realpath(dirname(path))
  check(folder, await stat(folder), asked)
  const file = join(folder, basename(path))
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP' && links > 0) return undefined
      throw error
    },
  )
  if (!handle) return readAt(await targetOf(file, asked), asked, links - 1)
  try {
    const stats = await handle.stat()
    if (stats.isDirectory()) throw new Error('it is a folder')
    if (!stats.isFile()) throw new Error('it is not a regular file')
    check(file, stats, asked)
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(LARGEST_BYTES + 1))
    if (bytesRead > LARGEST_BYTES) throw new Error(`it is longer than ${LARGEST_BYTES / 1024} KiB`)
    return decode(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

/** What a link leads to: by one that leads out of a repository its author could have any file read, and shown in errors. */
async function targetOf(link: string, {named, within}: Asked): Promise<string> {
  const target = resolve(dirname(link), await readlink(link))
  if (within === undefined || isInside(await realpath(dirname(target)), within)) return target
  throw fail(
    'CONFIG_UNSAFE',
    `The config file ${named} is not read: it is a symbolic link to a place outside ${within}.`,
    {
      hint: 'Replace the link with the file, or pass the file: --config FILE',
    },
  )
}

function isInside(folder: string, within: string): boolean {
  return folder === within || folder.startsWith(within === '/' ? '/' : `${within}/`)
}

function checkWay(path: string, {named, owners}: Asked): void {
  const weakness = weaknessAbove(path, owners)
  if (!weakness) return
  const {path: weak, why, stats} = weakness
  if (why === 'owner') {
    // Folders further up are often someone else's for good reason.
    throw unsafe(named, foreign(weak, stats), weak === dirname(path) ? makeOurs(weak) : ELSEWHERE)
  }
  throw unsafe(named, `others may write ${weak}`, shellLine(['chmod', 'go-w', weak]))
}

function check(path: string, stats: Stats, {named, owners}: Asked): void {
  const weakness = weaknessOf(stats, owners)
  if (weakness === 'owner') throw unsafe(named, foreign(path, stats), makeOurs(path))
  if (weakness === 'mode') {
    // What is everybody's by design cannot be mended.
    const mend = (stats.mode & STICKY) === 0 ? shellLine(['chmod', 'go-w', path]) : ELSEWHERE
    throw unsafe(named, `others may write ${path}`, mend)
  }
}

const ELSEWHERE = 'move it to a folder of your own'

function makeOurs(path: string): string {
  return shellLine(['sudo', 'chown', String(process.geteuid?.()), path])
}

function foreign(path: string, {uid}: Stats): string {
  return `${path} belongs to someone else (user ${uid})`
}

function unsafe(named: string, why: string, mend: string): DbtunnelError {
  return fail('CONFIG_UNSAFE', `The config file ${named} is not read: ${why}.`, {
    hint: `If you trust its content: ${mend}`,
  })
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch (cause) {
    throw new Error('it is not in UTF-8', {cause})
  }
}

function readingReason(error: unknown): string {
  return reasonOf(error, {ENOENT: 'it is a link that leads nowhere', ELOOP: 'it is a link that leads in a circle'})
}
