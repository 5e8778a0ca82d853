import type {Config} from '../../settings/config-file/layers.js'
import type {ConfigFiles} from '../../core/ports/config-files.js'
import {parseTarget, regionOf} from '../../targets/parse-target.js'

/**
 * The config files that there are, checked. Rejects with CONFIG_INVALID or CONFIG_UNSAFE at the first thing in them that is
 * not as it must be, whether it would be used or not.
 */
export async function loadConfig(configFiles: ConfigFiles): Promise<Config> {
  const files = await configFiles()
  if (files.length === 0) return []
  // What reads YAML takes long to load.
  const {readConfigFile} = await import('../../settings/config-file/read.js')
  return files.map((file) => readConfigFile(file, (text) => ({region: regionOf(parseTarget(text))})))
}
