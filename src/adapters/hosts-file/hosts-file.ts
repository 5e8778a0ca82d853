import type {HostsFile} from '../../core/ports/hosts.js'
import {hostsFileAt} from './file-at.js'
import {hostsFilePath, isPlain, readAddresses} from './plain-reader.js'

/** The hosts file of this machine, or the one at `path`. */
export function hostsFile(path?: string): HostsFile {
  const place = async (): Promise<string> => path ?? hostsFilePath()
  const file = hostsFileAt(place)
  return {
    ...file,
    async addresses(name) {
      return isPlain(await file.read()) ? readAddresses(await place(), name) : undefined
    },
  }
}
