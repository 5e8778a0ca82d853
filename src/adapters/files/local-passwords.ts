import {createHash, randomBytes} from 'node:crypto'
import {join} from 'node:path'
import {fail} from '../../core/errors.js'
import type {LocalPasswords} from '../../core/ports/local-login.js'
import {reasonOf} from '../errno.js'
import {isMissing, ownFolder} from './own-folder.js'
import {PASSWORDS, statePlace} from './state-folder.js'

const BYTES = 16
const FORM = /^[0-9a-f]{32}$/
const LARGEST_BYTES = 64

/** A folder in the state folder, with a file for each, 0600. What is not this user's alone to write is not believed. */
export function localPasswords(environment: Readonly<Record<string, string | undefined>>): LocalPasswords {
  const state = statePlace(environment)
  const folder = state === undefined ? undefined : ownFolder(join(state, PASSWORDS), LARGEST_BYTES)
  return {
    async passwordFor(place, isRenewed) {
      const made = randomBytes(BYTES).toString('hex')
      // Without a home it is another one each time.
      if (!folder) return made
      const name = createHash('sha256').update(place).digest('hex').slice(0, 32)
      try {
        const kept = isRenewed ? '' : await folder.read(name).catch(noneYet)
        if (FORM.test(kept.trim())) return kept.trim()
        await folder.write(name, `${made}\n`)
        return made
      } catch (error) {
        throw fail('FILES_UNWRITABLE', `The local password cannot be kept in ${folder.path}: ${reasonOf(error)}.`, {
          hint: 'Leave --tcp out: the socket needs no password. Or set XDG_STATE_HOME to a folder of your own.',
          cause: error,
        })
      }
    },
  }
}

function noneYet(error: unknown): string {
  if (isMissing(error)) return ''
  throw error
}
