import {hostname, userInfo} from 'node:os'
import type {AuditPort} from '../../core/ports/audit.js'
import {ownFolder} from './own-folder.js'
import {AUDIT_LOG, statePlace} from './state-folder.js'

/** A file in the state folder. It is opened anew for each line, so log rotation may move it away at any time. */
export function auditLog(environment: Readonly<Record<string, string | undefined>>): AuditPort {
  return {
    get osUser() {
      return userName()
    },
    machine: hostname(),
    async append(line) {
      const place = statePlace(environment)
      if (place === undefined) throw new Error('there is no home folder')
      await ownFolder(place, 0).append(AUDIT_LOG, `${line}\n`)
    },
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // One without a name, as in a container.
    return `uid ${process.geteuid?.()}`
  }
}
