import {createHash} from 'node:crypto'
import {chmod, mkdtemp, rm, rmdir} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fail, isDbtunnelError} from '../../core/errors.js'
import type {SocketFolders} from '../../core/ports/local-login.js'
import {reasonOf} from '../errno.js'
import {ownFolder} from './own-folder.js'
import {privateBase, runFolder, temporaryBase} from './private-files.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Systems differ: 108 bytes with the zero on Linux, 104 on macOS. */
const LONGEST_PATH = 100
const PARENT = 'dbtunnel'
/** As long as what mkdtemp makes: it puts six characters behind. */
const NEW_FOLDER = `${PARENT}-123456`

/**
 * `dbtunnel/NAME` in XDG_RUNTIME_DIR where that is private, else in the state folder. Where the path would be too long, a short
 * name that is made of the whole one; and where even that is, a new folder in TMPDIR.
 */
export function socketFolders(environment: Environment): SocketFolders {
  return {
    async make(name, socket, isLasting) {
      const ofLogin = isLasting ? undefined : privateBase(environment['XDG_RUNTIME_DIR'])
      const parent = ofLogin === undefined ? runFolder(environment) : join(ofLogin, PARENT)
      const isShort = (folder: string): boolean => Buffer.byteLength(join(folder, socket)) <= LONGEST_PATH
      try {
        const folder = parent && [plainName(name), digest(name)].map((one) => join(parent, one)).find(isShort)
        if (folder === undefined) {
          const base = temporaryBase(environment)
          return await mkdtemp(
            join(isShort(join(base, NEW_FOLDER)) ? base : temporaryBase({TMPDIR: '/tmp'}), `${PARENT}-`),
          )
        }
        await ownFolder(folder, 0).make()
        // Others who may look in could connect.
        await chmod(folder, 0o700)
        return folder
      } catch (error) {
        if (isDbtunnelError(error)) throw error
        throw fail('FILES_UNWRITABLE', `No folder can be made for a socket: ${reasonOf(error)}.`, {
          hint: 'Set XDG_RUNTIME_DIR or XDG_STATE_HOME to a folder of your own.',
          cause: error,
        })
      }
    },
    async remove(folder, files) {
      for (const file of files) await rm(join(folder, file), {force: true})
      await rmdir(folder).catch(() => {})
      // That of other targets stays.
      if (dirname(folder).endsWith(`/${PARENT}`)) await rmdir(dirname(folder)).catch(() => {})
    },
  }
}

/** As a person would look for it; two names never share one. */
function plainName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9.-]/g, '-').replace(/^\.+/, '-')
  return plain === name ? plain : `${plain}-${digest(name).slice(0, 6)}`
}

function digest(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 12)
}
