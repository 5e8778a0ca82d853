import {fstatSync, fsyncSync, ftruncateSync, readSync, writeSync} from 'node:fs'

/** The whole file, wherever its reading position is. */
export function readAll(fd: number): Buffer {
  const content = Buffer.alloc(fstatSync(fd).size)
  return content.subarray(0, readSync(fd, content, 0, content.length, 0))
}

/**
 * RateLimit the file's content from `former` into `next` in place, and on to the
 * disk. Never shorter than the shorter of the two: what grows is written
 * behind the end first, so that a full disk is met before a byte is changed;
 * what shrinks is cut last.
 */
export function rewrite(fd: number, former: Buffer, next: Buffer): void {
  const common = Math.min(former.length, next.length)
  writeAt(fd, next.subarray(common), common)
  const start = firstDifference(former, next)
  writeAt(fd, next.subarray(start, common), start)
  if (next.length < former.length) ftruncateSync(fd, next.length)
  fsyncSync(fd)
}

/** Writes all of it, in as many steps as the system takes. */
export function writeAt(fd: number, bytes: Buffer, place: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, place + done)
  }
}

function firstDifference(one: Buffer, other: Buffer): number {
  const common = Math.min(one.length, other.length)
  let place = 0
  while (place < common && one[place] === other[place]) place++
  return place
}
