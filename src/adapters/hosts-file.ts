import {accessSync, constants, readFileSync, realpathSync} from 'node:fs'
import {promisify} from 'node:util'
import hostile from 'hostile'
import {fail} from '../core/errors.js'
import type {HostsFile} from '../core/ports/hosts.js'
import {errnoOf, obstacleOf, unwritable} from './hosts-file/errno.js'
import {hasJournal, repair} from './hosts-file/journal.js'
import {withLock} from './hosts-file/lock.js'
import {locate, syncFolder} from './hosts-file/site.js'
import {discardDrafts, readSnapshot, write} from './hosts-file/write.js'
import {processTable} from './process-identity.js'

/** How often someone who knows no lock may write between our reading and our writing. */
const ATTEMPTS = 20
/** hostile's patterns need time in the square of a line's length. */
const LONGEST_PLAIN_LINE = 1000
const LARGEST_PLAIN_FILE = 65_536

const readLines = promisify(hostile.getFile)

/**
 * The hosts file of this machine, or another one in its form. It is small and
 * changed in one go: only waiting for other processes leaves the event loop.
 */
export function hostsFile(path: string = hostile.HOSTS): HostsFile {
  const table = processTable()

  const explained = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw errnoOf(error) === '' ? error : unwritable(path, error)
    }
  }

  return {
    path,

    async obstacle() {
      try {
        accessSync(realpathSync(path), constants.W_OK)
        return undefined
      } catch (error) {
        return obstacleOf(error)
      }
    },

    read: () => explained(() => readFileSync(path)),

    addresses: (name) =>
      explained(async () => {
        if (!isPlain(readFileSync(path))) return undefined
        const lines = await readLines(path, false)
        return lines.flatMap(([address, names]) => (names.toLowerCase().split(/\s+/).includes(name) ? [address] : []))
      }),

    change: (edit, wait) =>
      explained(async () => {
        const site = locate(path)
        accessSync(site.file, constants.W_OK)
        await withLock(site, table, wait, () => {
          repair(site)
          discardDrafts(site)
          for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
            const former = readSnapshot(site)
            const next = edit(former.content)
            if (next.equals(former.content) || write(site, former, next)) return
          }
          throw fail('HOSTS_LOCKED', `Another program keeps rewriting ${path}.`)
        })
        // The new file's name; nobody else has to wait for that.
        syncFolder(site.folder)
      }),

    isTorn: () => explained(() => hasJournal(locate(path))),

    self: () => table.self(),

    isDead: (owner) => table.state(owner) === 'dead',
  }
}

/** Text that hostile reads as the C library does: it takes UTF-8 for granted, and ends a line at more than a line feed. */
function isPlain(content: Buffer): boolean {
  if (content.length > LARGEST_PLAIN_FILE) return false
  const lines = content.toString('latin1').split('\n')
  return lines.every((line) => line.length <= LONGEST_PLAIN_LINE && /^[\t -~]*\r?$/.test(line))
}
