import {randomUUID} from 'node:crypto'
import {closeSync, openSync, readSync, unlinkSync, writeSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {OverflowPort} from '../../core/ports/overflow.js'

export const overflow: OverflowPort = {
  create() {
    const path = join(tmpdir(), `dbtunnel-${randomUUID()}`)
    // Exclusive, and without a name from here on: nobody else opens it, and nothing is left of it.
    const file = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    let size = 0
    return {
      append(bytes) {
        for (let done = 0; done < bytes.length;) {
          done += writeSync(file, bytes, done, bytes.length - done, size + done)
        }
        size += bytes.length
      },
      read(target, at) {
        for (let done = 0; done < target.length;) {
          const got = readSync(file, target, done, target.length - done, at + done)
          if (got === 0) throw new Error('the file ends too early')
          done += got
        }
      },
      close: () => closeSync(file),
    }
  },
}
