import {once} from 'node:events'
import {rmSync} from 'node:fs'
import {createServer} from 'node:net'
import {join} from 'node:path'

/** Of a Unix socket's path (Linux). */
const PATH_BYTES = 107

/**
 * The Unix socket in TMPDIR that the real plugin puts its multiplexer behind.
 * Here nothing goes through it; but it is there, and stays after a hard death.
 */
export async function makeMuxSocket(sessionId: string): Promise<{remove(): void}> {
  const path = join(process.env['TMPDIR'] ?? '/tmp', `${fnv1a32(sessionId)}_session_manager_plugin_mux.sock`)
  if (Buffer.byteLength(path) > PATH_BYTES) throw new Error(`listen unix ${path}: bind: invalid argument`)
  const server = createServer().listen(path)
  await once(server, 'listening')
  return {remove: () => rmSync(path, {force: true})}
}

function fnv1a32(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
