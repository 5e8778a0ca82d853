import {constants, type Stats} from 'node:fs'
import {open, readlink, realpath, stat} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {type DbtunnelError, fail, isDbtunnelError} from '../../core/errors.js'
import {shellLine} from '../../core/text/shell-line.js'
import {isOpenToAll, STICKY} from './file-mode.js'
import {weaknessOf} from './weakness.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Hundreds of targets; what is longer is something else. */
const LARGEST_BYTES = 256 * 1024
const MOST_LINKS = 8

/**
 * The text of a file that nobody but the user and root can have written: it, its folder, and every link on the way to it
 * are looked at. Rejects with CONFIG_UNSAFE and the command that mends it, or with CONFIG_INVALID.
 */
export async function readTrusted(path: string, environment: Environment): Promise<string> {
  try {
    return await readAt(path, path, environment, MOST_LINKS)
  } catch (error) {
    if (isDbtunnelError(error)) throw error
    throw fail('CONFIG_INVALID', `The file ${path} cannot be read: ${reason(error)}.`, {
      hint: `Check it with: ${shellLine(['ls', '-l', path])}`,
      cause: error,
    })
  }
}

async function readAt(path: string, named: string, environment: Environment, links: number): Promise<string> {
  // First, so that nobody can put another file in the place of the one that is judged.
  const folder = await realpath(dirname(path))
  await checkFolder(folder, named, environment)
  const file = join(folder, basename(path))
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP' && links > 0) return undefined
      throw error
    },
  )
  if (!handle) return readAt(resolve(folder, await readlink(file)), named, environment, links - 1)
  try {
    const stats = await handle.stat()
    if (stats.isDirectory()) throw new Error('it is a folder')
    if (!stats.isFile()) throw new Error('it is not a plain file')
    await check(file, stats, named, environment)
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(LARGEST_BYTES + 1))
    if (bytesRead > LARGEST_BYTES) throw new Error(`it is longer than ${LARGEST_BYTES / 1024} KiB`)
    return decode(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

async function checkFolder(folder: string, named: string, environment: Environment): Promise<void> {
  await check(folder, await stat(folder), named, environment)
  // Whoever may write a folder above can put another one in the place of this one, unless it is one like /tmp.
  for (let below = folder, above = dirname(folder); above !== below; below = above, above = dirname(below)) {
    const {mode} = await stat(above)
    if (isOpenToAll(mode)) {
      throw unsafe(named, `anyone may write ${above}`, shellLine(['chmod', 'o-w', above]))
    }
  }
}

async function check(path: string, stats: Stats, named: string, environment: Environment): Promise<void> {
  const weakness = await weaknessOf(stats, environment)
  if (weakness === 'owner') {
    const mend = shellLine(['sudo', 'chown', String(process.geteuid?.()), path])
    throw unsafe(named, `${path} belongs to someone else (user ${stats.uid})`, mend)
  }
  if (weakness === 'mode') {
    // What is everybody's by design cannot be mended.
    const mend = (stats.mode & STICKY) === 0 ? shellLine(['chmod', 'go-w', path]) : 'move it to a folder of your own'
    throw unsafe(named, `others may write ${path}`, mend)
  }
}

function unsafe(named: string, why: string, mend: string): DbtunnelError {
  return fail('CONFIG_UNSAFE', `The config file ${named} is not read: ${why}.`, {
    hint: `If all that is in it is right: ${mend}`,
  })
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch (cause) {
    throw new Error('it is not in UTF-8', {cause})
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOENT: 'it is a link that leads nowhere',
  ELOOP: 'it is a link that leads in a circle',
}

function reason(error: unknown): string {
  const {code, message} = error as NodeJS.ErrnoException
  return (code === undefined ? undefined : (REASONS[code] ?? code)) ?? message
}
