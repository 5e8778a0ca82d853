import {randomBytes} from 'node:crypto'
import {closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'

const PRIVATE = 0o600

export interface Replacement {
  /** The new file's path until it takes the place of the old one, in the same folder. Without it, one made from the name. */
  readonly draft?: string | undefined
  /** Gives the new file, open as `fd`, its mode and owner. Without it: this user's alone, 0600 whatever the umask. */
  readonly prepare?: ((fd: number) => void) | undefined
  /** Whether to wait until the content is on the disk before the new file takes the place: it survives a power cut. */
  readonly isDurable?: boolean
  /** Asked last: whether the old file may still be replaced. */
  readonly mayReplace?: (() => boolean) | undefined
}

/**
 * Writes a file whole: a reader finds the old content or the new one, and of two writers one wins. Nothing that exists is
 * written through, a link neither. Without a pause, so that a program that ends leaves no draft. Returns false, and leaves
 * the old file, where `mayReplace` says no. Throws the system's error; then, too, no draft is left.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  {
    draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`),
    prepare = (fd) => fchmodSync(fd, PRIVATE),
    isDurable = false,
    mayReplace = () => true,
  }: Replacement = {},
): boolean {
  const fd = openSync(draft, 'wx', PRIVATE)
  try {
    try {
      prepare(fd)
      writeFileSync(fd, content)
      if (isDurable) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    if (mayReplace()) {
      renameSync(draft, path)
      return true
    }
  } catch (error) {
    rmSync(draft, {force: true})
    throw error
  }
  rmSync(draft, {force: true})
  return false
}
