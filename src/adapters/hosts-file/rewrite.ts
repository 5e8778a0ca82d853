import type {FileHandle} from 'node:fs/promises'

/** The whole file, wherever the handle stands. */
export async function readAll(handle: FileHandle): Promise<Buffer> {
  const {size} = await handle.stat()
  const content = Buffer.alloc(size)
  const {bytesRead} = await handle.read(content, 0, size, 0)
  return content.subarray(0, bytesRead)
}

/**
 * Turns the file's content from `former` into `next` in place, and on to the
 * disk. Never shorter than the shorter of the two: what grows is written
 * behind the end first, so that a full disk is met before a byte is changed;
 * what shrinks is cut last.
 */
export async function rewrite(handle: FileHandle, former: Buffer, next: Buffer): Promise<void> {
  const common = Math.min(former.length, next.length)
  await writeAt(handle, next.subarray(common), common)
  const start = firstDifference(former, next)
  await writeAt(handle, next.subarray(start, common), start)
  if (next.length < former.length) await handle.truncate(next.length)
  await handle.sync()
}

async function writeAt(handle: FileHandle, bytes: Buffer, place: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const {bytesWritten} = await handle.write(bytes, done, bytes.length - done, place + done)
    done += bytesWritten
  }
}

function firstDifference(one: Buffer, other: Buffer): number {
  const common = Math.min(one.length, other.length)
  let place = 0
  while (place < common && one[place] === other[place]) place++
  return place
}
