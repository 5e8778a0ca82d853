import {createHash} from 'node:crypto'
import type {Endpoint} from '../../core/ports/aws.js'

/** Below the ports that Linux (32768) and macOS (49152) hand out to outgoing connections: those are taken by chance. */
const FIRST = 15_000
const COUNT = 15_000

/** The local ports to try for a database, the same each time: its kind's own, then one that is made of its name. */
export function usualPorts({host, port}: Endpoint, kindPort: number): readonly number[] {
  const digest = createHash('sha256').update(`${host}:${port}`).digest()
  return [kindPort, FIRST + (digest.readUInt32BE() % COUNT)]
}
