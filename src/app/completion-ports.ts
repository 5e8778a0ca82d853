import {cacheFolder} from '../adapters/files/cache-folder.js'
import {configFiles} from '../adapters/files/config-files.js'

/** As `ports.ts`, for what is asked at each press of a key: nothing else is loaded. */
export function completionPorts() {
  // eslint-disable-next-line no-restricted-properties -- here is where it comes in
  const [environment, cwd] = [process.env, process.cwd()]
  return {
    cache: cacheFolder(environment, {debug: () => {}}),
    configFiles: configFiles(environment, cwd),
    env: environment,
  }
}
