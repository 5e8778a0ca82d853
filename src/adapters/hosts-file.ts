import {accessSync, constants, readFileSync, realpathSync} from 'node:fs'
import {fail} from '../core/errors.js'
import type {HostsFile} from '../core/ports/hosts.js'
import {errnoOf, obstacleOf, unwritable} from './hosts-file/errno.js'
import {hasJournal, repair} from './hosts-file/journal.js'
import {withLock} from './hosts-file/lock.js'
import {hostsFilePath, isPlain, readAddresses} from './hosts-file/plain-reader.js'
import {locate, syncFolder} from './hosts-file/site.js'
import {discardDrafts, readSnapshot, write} from './hosts-file/write.js'
import {processTable} from './process-identity.js'

/** How often someone who knows no lock may write between our reading and our writing. */
const ATTEMPTS = 20

/**
 * The hosts file of this machine, or the one at `path`. It is small and
 * changed in one go: only waiting for other processes leaves the event loop.
 */
export function hostsFile(path?: string): HostsFile {
  const table = processTable()

  const at = async <T>(work: (path: string) => T | Promise<T>): Promise<T> => {
    const place = path ?? (await hostsFilePath())
    try {
      return await work(place)
    } catch (error) {
      throw errnoOf(error) === '' ? error : unwritable(place, error)
    }
  }

  return {
    path: () => at((place) => place),

    obstacle: () =>
      at((place) => {
        try {
          accessSync(realpathSync(place), constants.W_OK)
          return undefined
        } catch (error) {
          return obstacleOf(error)
        }
      }),

    read: () => at((place) => readFileSync(place)),

    addresses: (name) => at((place) => (isPlain(readFileSync(place)) ? readAddresses(place, name) : undefined)),

    change: (edit, wait) =>
      at(async (place) => {
        const site = locate(place)
        accessSync(site.file, constants.W_OK)
        const isWritten = await withLock(site, table, wait, () => {
          repair(site)
          discardDrafts(site)
          for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
            const former = readSnapshot(site)
            const next = edit(former.content)
            if (next.equals(former.content)) return false
            if (write(site, former, next)) return true
          }
          throw fail('HOSTS_LOCKED', `Another program keeps rewriting ${place}.`, {
            hint: 'Stop it, or connect without the hosts file: --resolve hostaddr',
          })
        })
        // The new file's name; nobody else has to wait for that.
        if (isWritten) syncFolder(site.folder)
      }),

    isTorn: () => at((place) => hasJournal(locate(place))),

    self: () => table.self(),

    isDead: (owner) => table.state(owner) === 'dead',
  }
}
