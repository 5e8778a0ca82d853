import {hasCode} from '../../core/errors.js'
import type {HostsFile} from '../../core/ports/hosts.js'

/** Undefined when it cannot be read: whether that matters is for the hop of the hosts file to say. */
export async function hostsContent(file: HostsFile): Promise<Buffer | undefined> {
  try {
    return await file.read()
  } catch (error) {
    if (hasCode(error, 'HOSTS_UNWRITABLE')) return undefined
    throw error
  }
}
