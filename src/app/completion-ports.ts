import {cacheFolder} from '../adapters/files/cache-folder.js'
import {configFiles} from '../adapters/files/config-files.js'

const NO_CACHE = {read: async () => undefined, write: async () => {}, remove: async () => {}}

/** As `ports.ts`, for what is asked at each press of a key: nothing else is loaded. */
export function completionPorts() {
  // eslint-disable-next-line no-restricted-properties -- here is where it comes in
  const [environment, cwd] = [process.env, process.cwd()]
  const isOff = environment['DBTUNNEL_CACHE'] === 'off'
  return {
    cache: isOff ? NO_CACHE : cacheFolder(environment, {debug: () => {}}),
    configFiles: configFiles(environment, cwd),
  }
}
