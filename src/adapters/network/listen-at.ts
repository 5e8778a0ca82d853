import {rmSync} from 'node:fs'
import {connect, createServer, type Socket} from 'node:net'
import {dirname} from 'node:path'
import {fail} from '../../core/errors.js'
import type {SocketPort} from '../../core/ports/network.js'
import {isMissing} from '../files/own-folder.js'
import {reasonOf} from '../errno.js'

const PIECE = 64 * 1024

export const socketPort: SocketPort = {
  async listenAt(path, onConnection) {
    if (await isAnswered(path)) throw inUse(path)
    try {
      rmSync(path, {force: true})
      return await listen(path, onConnection)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw inUse(path)
      throw fail('FILES_UNWRITABLE', `No socket can be made in ${dirname(path)}: ${reasonOf(error)}.`, {cause: error})
    }
  },
}

async function listen(path: string, onConnection: Parameters<SocketPort['listenAt']>[1]) {
  const sockets = new Set<Socket>()
  const server = createServer({allowHalfOpen: true, highWaterMark: PIECE}, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {
      // 'close' follows.
    })
    socket.on('close', () => sockets.delete(socket))
    // A socket of the file system knows no reset.
    onConnection(Object.assign(socket, {resetAndDestroy: () => socket.destroy()}))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // The socket is there from the first moment on for this user alone.
    const mask = process.umask(0o077)
    server.listen({path, exclusive: true}, resolve)
    process.umask(mask)
  })
  return {
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Whether someone listens there. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = connect({path})
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', (error) => resolve(!isMissing(error) && !isRefused(error)))
    })
  } finally {
    socket.destroy()
  }
}

function isRefused(error: NodeJS.ErrnoException): boolean {
  // Nobody listens; or it is no socket, which is in the way and does no harm.
  return error.code === 'ECONNREFUSED' || error.code === 'ENOTSOCK'
}

function inUse(path: string): Error {
  return fail('SOCKET_IN_USE', `Another program listens at ${path}.`, {
    hint: 'If it is a tunnel of dbtunnel: dbtunnel status',
  })
}
