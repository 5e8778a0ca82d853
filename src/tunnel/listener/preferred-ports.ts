import {createHash} from 'node:crypto'
import type {Endpoint} from '../../core/ports/aws.js'

/** Below the ports that Linux (32768) and macOS (49152) hand out to outgoing connections: those are taken by chance. */
const FIRST = 15_000
const COUNT = 15_000

/** The local port of a database, the same each time and whatever else is open: made from its name. */
export function usualPort({host, port}: Endpoint): number {
  const digest = createHash('sha256').update(`${host}:${port}`).digest()
  return FIRST + (digest.readUInt32BE() % COUNT)
}
