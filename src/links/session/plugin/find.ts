import {isDbtunnelError} from '../../../core/errors.js'
import type {ProcessPort} from '../../../core/ports/process.js'
import {isTooOld, OLDEST_PLUGIN, readPluginVersion} from './version.js'
import {type Environment, pluginEnvironment} from './environment.js'

export interface Plugin {
  /** Absolute path. */
  readonly file: string
  readonly version: string
}

/** `why` is a sentence for the user. */
export type PluginFinding =
  | {readonly kind: 'usable'; readonly plugin: Plugin}
  | {readonly kind: 'missing' | 'broken' | 'old'; readonly why: string}

/** A first run may be slow: a virus scanner or Gatekeeper looks at it. */
const VERSION_LIMIT_MS = 5000

/**
 * Looks for session-manager-plugin on PATH, or at `named` (DBTUNNEL_PLUGIN: a
 * path, or another name on PATH), and asks it for its version.
 */
export async function findPlugin(
  named: string | undefined,
  process: Pick<ProcessPort, 'find' | 'output'>,
  environment: Environment,
): Promise<PluginFinding> {
  const file = await process.find(named ?? 'session-manager-plugin')
  if (file === undefined) {
    if (named === undefined) return {kind: 'missing', why: 'There is no session-manager-plugin on PATH.'}
    return {kind: 'missing', why: `DBTUNNEL_PLUGIN names ${named}, and that is no program that can be run.`}
  }
  let output: string
  try {
    output = await process.output({file, argv: ['--version'], env: pluginEnvironment(environment)}, VERSION_LIMIT_MS)
  } catch (error) {
    if (!isDbtunnelError(error)) throw error
    return {kind: 'broken', why: `The plugin cannot be used. ${error.message}`}
  }
  const version = readPluginVersion(output)
  if (version === undefined) return {kind: 'broken', why: `${file} is no session-manager-plugin: it tells no version.`}
  if (isTooOld(version)) {
    return {kind: 'old', why: `${file} is version ${version}; dbtunnel needs ${OLDEST_PLUGIN} or newer.`}
  }
  return {kind: 'usable', plugin: {file, version}}
}
