import {accessSync, constants, readFileSync, realpathSync} from 'node:fs'
import {fail} from '../../core/errors.js'
import type {HostsFile} from '../../core/ports/hosts.js'
import {errnoOf, hasErrno} from '../errno.js'
import {obstacleOf, unwritable} from './unwritable.js'
import {flushResolver} from './flush.js'
import {hasJournal, repair} from './journal.js'
import {withLock} from './lock.js'
import {locate, syncFolder} from './site.js'
import {discardDrafts, readSnapshot, write} from './write.js'
import {processTable} from '../processes/process-identity.js'

/** How often someone who knows no lock may write between our reading and our writing. */
const ATTEMPTS = 20

/**
 * The hosts file at `path`, but for what a plain reader makes of it. It is small and changed in one go: only waiting for
 * other processes leaves the event loop.
 */
export function hostsFileAt(path: () => Promise<string>): Omit<HostsFile, 'addresses'> {
  const table = processTable()

  const at = async <T>(work: (path: string) => T | Promise<T>): Promise<T> => {
    const place = await path()
    try {
      return await work(place)
    } catch (error) {
      throw errnoOf(error) === '' ? error : unwritable(place, error)
    }
  }

  const check = (): Promise<unknown> =>
    at((place) => {
      try {
        accessSync(realpathSync(place), constants.W_OK)
        return undefined
      } catch (error) {
        return error
      }
    })

  return {
    path: () => at((place) => place),

    async obstacle() {
      const error = await check()
      return error === undefined ? undefined : obstacleOf(error)
    },

    async needsRoot() {
      return hasErrno(await check(), 'EACCES')
    },

    read: () => at((place) => readFileSync(place)),

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
        if (!isWritten) return
        // The new file's name; nobody else has to wait for that.
        syncFolder(site.folder)
        await flushResolver()
      }),

    isTorn: () => at((place) => hasJournal(locate(place))),

    self: () => table.self(),

    stateOf: (owner) => table.state(owner),
  }
}
