import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const STAND_IN = fileURLToPath(new URL('../sandbox/plugin/session-manager-plugin', import.meta.url))

/** The plugin that tests run: the one that DBTUNNEL_PLUGIN names, else the stand-in. */
export const PLUGIN = process.env['DBTUNNEL_PLUGIN'] ?? STAND_IN

/** Makes a stand-in in this folder that fails in this way (test/sandbox/plugin/faults.ts); its path. */
export function failingPlugin(fault: string, folder: string): string {
  const own = join(folder, `plugin-${fault.replace(/\W/g, '-')}`)
  mkdirSync(own, {recursive: true})
  const file = join(own, 'session-manager-plugin')
  writeFileSync(file, `#!/bin/sh\nSANDBOX_PLUGIN_FAULT='${fault}' exec '${STAND_IN}' "$@"\n`, {mode: 0o755})
  return file
}
