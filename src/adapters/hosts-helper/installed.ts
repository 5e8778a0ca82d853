import {existsSync, readFileSync} from 'node:fs'
import type {InstalledHelper} from '../../core/ports/hosts.js'
import {headed, HELPER, NODE, PROGRAM} from './places.js'
import {weakness} from './weakness.js'

/** Looked at anew each time: sudo would start whatever lies there. */
export function installedHelper(): InstalledHelper {
  if (!existsSync(HELPER)) return {state: 'absent'}
  const why = weakness(HELPER) ?? weakness(NODE) ?? otherVersion()
  return why === undefined ? {state: 'usable'} : {state: 'unusable', why}
}

function otherVersion(): string | undefined {
  try {
    if (readFileSync(HELPER).equals(headed(readFileSync(PROGRAM)))) return undefined
  } catch {
    // As good as another one.
  }
  return 'it is of another version of dbtunnel'
}
