import {type DbtunnelError, fail, hasCode} from '../core/errors.js'
import type {HostsFile, HostsPort} from '../core/ports/hosts.js'
import {
  type ForeignLine,
  foreignLinesFor,
  isSame,
  LOOPBACK,
  type Mark,
  marksIn,
  withLine,
  withoutLines,
} from './lines.js'

/** For other dbtunnels, which hold the file for milliseconds each. */
const ADD_WAIT_MS = 5000
/** Within the 2 s that all undoing may take. */
const REMOVE_WAIT_MS = 1500

/** Plans every change on the bytes that are there at that moment, with this process as the lines' owner. */
export function hostsLines(file: HostsFile): HostsPort {
  const withoutDead = (content: Buffer): Buffer => withoutLines(content, ({owner}) => file.stateOf(owner) === 'dead')

  return {
    obstacle: () => file.obstacle(),

    async add(name, signal) {
      const path = await file.path()
      /** Whether someone else maps it already; throws when they map it to another address. */
      const isMapped = (content: Buffer): boolean => {
        const other = foreignAddress(content, name)
        if (other) throw conflict(path, name, other)
        return foreignLinesFor(content, name).length > 0
      }
      // Told at once, before anyone is waited for; the last word is the planned change's.
      const addresses = await file.addresses(name)
      if (addresses?.some((address) => address !== LOOPBACK)) isMapped(await file.read())
      const edit = (content: Buffer): Buffer => {
        const clean = withoutDead(content)
        return isMapped(clean) ? clean : withLine(clean, {name, owner: file.self()})
      }
      try {
        await file.change(edit, {waitMs: ADD_WAIT_MS, signal})
      } catch (error) {
        // With a line of someone else's there is nothing to write.
        if (!hasCode(error, 'HOSTS_UNWRITABLE') || !isMapped(await file.read())) throw error
      }
    },

    async remove(name) {
      const ours = (mark: Mark): boolean => mark.name === name && isSame(mark.owner, file.self())
      try {
        await file.change((content) => withoutLines(content, ours), {waitMs: REMOVE_WAIT_MS})
      } catch (error) {
        if (await hasMark(file, ours)) throw error
      }
    },

    async sweep() {
      if (await file.obstacle()) return
      const content = await file.read()
      if ((await file.isTorn()) || withoutDead(content) !== content) {
        await file.change(withoutDead, {waitMs: ADD_WAIT_MS})
      }
    },
  }
}

/** A file that is not there or cannot be read holds nothing of ours. */
async function hasMark(file: HostsFile, wanted: (mark: Mark) => boolean): Promise<boolean> {
  try {
    return marksIn(await file.read()).some(wanted)
  } catch {
    return false
  }
}

/** Someone else's line that leads this name elsewhere. */
export function foreignAddress(content: Buffer, name: string): ForeignLine | undefined {
  return foreignLinesFor(content, name).find(({address}) => address !== LOOPBACK)
}

export function conflict(path: string, name: string, line: ForeignLine): DbtunnelError {
  return fail('HOSTS_CONFLICT', `Line ${line.number} of ${path} maps ${name} to another address: ${line.text}`, {
    hint: 'Remove that line, or connect without the hosts file: --resolve hostaddr',
  })
}
