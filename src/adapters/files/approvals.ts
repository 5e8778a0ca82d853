import {createHash} from 'node:crypto'
import {join} from 'node:path'
import type {Approval, ApprovalPort} from '../../core/ports/approvals.js'
import {ownFolder} from './own-folder.js'
import {APPROVED, statePlace} from './state-folder.js'

const LARGEST_BYTES = 16 * 1024

/** A folder in the state folder, with a file for each. What is not this user's alone to write is not believed. */
export function approvals(environment: Readonly<Record<string, string | undefined>>): ApprovalPort {
  const place = statePlace(environment)
  const folder = place === undefined ? undefined : ownFolder(join(place, APPROVED), LARGEST_BYTES)
  return {
    async has(approval) {
      const text = await folder?.read(nameOf(approval)).catch(() => undefined)
      return text === textOf(approval)
    },
    async keep(approval) {
      if (!folder) throw new Error('there is no home folder')
      await folder.write(nameOf(approval), textOf(approval))
    },
  }
}

/** As it is on the disk: whole, so that one can see what was approved. */
function textOf({file, target, says}: Approval): string {
  const sorted = Object.entries(says).filter(([, value]) => value !== undefined)
  return `${JSON.stringify({file, target, says: Object.fromEntries(sorted.sort(([a], [b]) => (a < b ? -1 : 1)))})}\n`
}

function nameOf(approval: Approval): string {
  return `${createHash('sha256').update(textOf(approval)).digest('hex')}.json`
}
