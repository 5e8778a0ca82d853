import {createHash, type Hash, randomBytes} from 'node:crypto'
import {once} from 'node:events'
import type {Socket} from 'node:net'

export const MiB = 1024 * 1024
const PIECE = 64 * 1024
const POOL = randomBytes(4 * MiB)

/** Sends so many bytes, no two pieces alike, as fast as they are taken; resolves with their digest. */
export async function pour(socket: Socket, bytes: number): Promise<string> {
  const hash = createHash('sha256')
  for (let sent = 0, count = 0; sent < bytes && !socket.destroyed; sent += PIECE, count++) {
    const from = (count * 7919) % (POOL.length - PIECE)
    const piece = Buffer.from(POOL.subarray(from, from + Math.min(PIECE, bytes - sent)))
    piece.writeUInt32BE(count)
    hash.update(piece)
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  return hash.digest('hex')
}

/** Takes so many bytes, fewer when the connection ends before; resolves with their digest. */
export async function drink(socket: Socket, bytes: number, onBytes: (all: number) => void = () => {}): Promise<string> {
  const hash: Hash = createHash('sha256')
  let taken = 0
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('data', onData).off('close', done)
      resolve(hash.digest('hex'))
    }
    const onData = (chunk: Buffer): void => {
      hash.update(chunk)
      taken += chunk.length
      onBytes(taken)
      if (taken >= bytes) done()
    }
    socket.on('data', onData).on('close', done)
  })
}
