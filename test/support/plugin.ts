import {fileURLToPath} from 'node:url'

/** The plugin that tests run: the one that DBTUNNEL_PLUGIN names, else the stand-in. */
export const PLUGIN =
  process.env['DBTUNNEL_PLUGIN'] ?? fileURLToPath(new URL('../sandbox/plugin/session-manager-plugin', import.meta.url))
