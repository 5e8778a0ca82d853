import {lstatSync, readlinkSync} from 'node:fs'
import {dirname, resolve} from 'node:path'
import {OTHERS_MAY_WRITE} from '../files/file-mode.js'

/**
 * Who but root could change what is found at this path: in a few words, for the first of it, the folders above it and
 * whatever links it leads through; undefined when nobody could. POSIX access lists show in the group's bits.
 */
export function weakness(path: string): string | undefined {
  const facts = lstatSync(path, {throwIfNoEntry: false})
  if (!facts) return `${path} is missing`
  if (facts.uid !== 0) return `${path} belongs to user ${facts.uid}, not to root`
  const isLink = facts.isSymbolicLink()
  if (!isLink && (facts.mode & OTHERS_MAY_WRITE) !== 0) return `${path} can be written by others than root`
  const above = path === '/' ? undefined : weakness(dirname(path))
  if (above !== undefined || !isLink) return above
  return weakness(resolve(dirname(path), readlinkSync(path)))
}
